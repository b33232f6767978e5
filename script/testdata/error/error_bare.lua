
error("without a position", 0)
