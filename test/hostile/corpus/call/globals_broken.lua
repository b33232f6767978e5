-- Assigning what others rely on.
-- expect: any
_G.string = nil _G.pairs = nil _G.error = nil rawset(_G, 'tostring', function() while true do end end)
