
error(nil)
