package script

import (
	"time"

	lua "github.com/yuin/gopher-lua"
)

// forbiddenOS are the fields of os that a script cannot have, each with what to
// do.
var forbiddenOS = map[string]string{
	"execute":   "a script starts no programs",
	"exit":      "a script cannot end the process; use error(…) while describing, or return a status",
	"getenv":    "use gopiper.env(name, default)",
	"remove":    "a script changes no files",
	"rename":    "a script changes no files",
	"setenv":    "a script does not change its environment",
	"setlocale": "a script does not change its environment",
	"tmpname":   "a script opens no files",
}

// openOS leaves of os what tells the time, which stands still while the script
// describes.
func (st *state) openOS(table *lua.LTable) {
	now := func() time.Time {
		if st.describing {
			return st.script.world.now
		}
		return time.Now()
	}
	for name, why := range forbiddenOS {
		table.RawSetString(name, st.forbid("os."+name, why))
	}
	st.set(table, map[string]lua.LGFunction{
		"clock": func(L *lua.LState) int {
			L.Push(lua.LNumber(now().Sub(st.script.world.now).Seconds()))
			return 1
		},
		"time": func(L *lua.LState) int {
			if L.Get(1) != lua.LNil {
				return osTime(L)
			}
			L.Push(lua.LNumber(now().Unix()))
			return 1
		},
		"date": func(L *lua.LState) int { return osDate(L, now()) },
	})
}
