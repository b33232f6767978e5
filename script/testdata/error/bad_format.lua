string.format("%y", 1)
