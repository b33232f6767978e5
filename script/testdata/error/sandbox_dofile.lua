dofile("x.lua")
