local x
if x then x = 1 else if y then x = 2 end
