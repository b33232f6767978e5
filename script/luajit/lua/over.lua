local private = ...

local error = private.error

-- over is the error of a message that nobody handles any more; the level is that of
-- who calls it.
return function(level)
  error("a message was used after its function had returned; copy what is needed later, such as msg.data", level + 1)
end
