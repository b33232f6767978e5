-- Loadstring of an endless loop.
-- expect: error
loadstring('while true do end')()
