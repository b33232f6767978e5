-- emit is gopiper.emit.

local private = ...

local error = private.error

return function(message, from)
  if private.describing then
    error("gopiper.emit is for handling messages and cannot be called while the script describes; call it in a function of a stage", 2)
  end
  private.sync()
  private.host.emitFrom(message, from)
end
