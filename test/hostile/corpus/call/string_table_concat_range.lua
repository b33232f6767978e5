-- Table.concat of a range that never ends.
-- expect: error
return table.concat({ 1 }, ',', 1, 2^53)
