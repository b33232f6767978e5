local x = math.flor(1)
