-- late returns what stands for a function that only describes once that is over.

local private = ...

local only = private.only

return function(name)
  return function() only("gopiper." .. name) end
end
