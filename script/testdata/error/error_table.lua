
error({ code = 1 })
