package script

import "testing"

// The functions that know msg.json do with tables what Lua 5.1 does.
func TestFunctionsOfTables(t *testing.T) {
	for expression, want := range map[string]string{
		`select("#", table.remove({})), select("#", table.remove({ 1 }, 2)), select("#", table.remove({ 1 }, 0))`: "0\t0\t0",
		`(function() local t = { 1, 2, 3 }; return table.remove(t, 1), table.remove(t), #t end)()`:                "1\t3\t1",
		`(function() local t = { 1, 3 }; table.insert(t, 2, 2); table.insert(t, 4); return unpack(t) end)()`:      "1\t2\t3\t4",
		`next({}), next({ 5 })`: "nil\t1\t5",
		`next({ 5 }, 1)`:        "nil",
		`(function() local s = ""; for i, v in ipairs({ 1, 2, nil, 4 }) do s = s .. i .. v end return s end)()`: "1122",
		`(function() local s = ""; for k, v in pairs({ a = 1 }) do s = s .. k .. v end return s end)()`:         "a1",
		`table.concat({ 1, 2 }, "-"), table.getn({ 1, 2 }), table.maxn({ 1, 2 })`:                               "1-2\t2\t2",
		`pcall(ipairs)`:            "false\ttest.lua:1: bad argument #1 to (anonymous) (table expected, got nil)",
		`pcall(next, 5)`:           "false\ttest.lua:1: bad argument #1 to (anonymous) (table expected, got number)",
		`pcall(table.insert, 5)`:   "false\ttest.lua:1: bad argument #1 to (anonymous) (table expected, got number)",
		`pcall(table.remove, nil)`: "false\ttest.lua:1: bad argument #1 to (anonymous) (table expected, got nil)",
	} {
		if got := evaluate(t, "print("+expression+")"); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
}
