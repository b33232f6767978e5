
error({ message = "from a table" })
