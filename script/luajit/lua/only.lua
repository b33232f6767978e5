local private = ...

local error = private.error

-- only is called by what only describes.
return function(what)
  if not private.describing then
    error(what .. " is for describing and cannot be called while messages are handled; call it outside the function", 3)
  end
end
