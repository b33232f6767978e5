assert(... == "lib.deep.names")
return { "a", "b" }
