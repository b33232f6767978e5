-- A goto to nowhere.
-- expect: refused
goto nowhere
