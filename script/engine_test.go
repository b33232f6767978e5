package script

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/script/luajit"
)

// What runs a function is what the options and its stage want, or the error and
// the plan say why not.
func TestEngines(t *testing.T) {
	missing := func() (*luajit.Library, error) { return nil, errors.New("LuaJIT cannot be loaded: install it") }
	for _, test := range []struct {
		name, stage  string
		option       Engine
		missing      bool
		engine, want string // want begins the reason, or is the error
	}{
		{"nothing", `function(msg) end`, "", false, "compiled", ""},
		{"the option", `function(msg) end`, EngineLuaJIT, false, "luajit", ""},
		{"the stage", `gopiper.func{ function(msg) end, engine = "luajit" }`, "", false, "luajit", ""},
		{"the option counts", `gopiper.func{ function(msg) end, engine = "luajit" }`, EngineGopherLua, false, "gopher-lua", ""},
		{"gopher-lua", `gopiper.func{ function(msg) end, engine = "gopher-lua" }`, "", false, "gopher-lua", ""},
		{"preferred", `gopiper.func{ function(msg) end, engine = "prefer-luajit" }`, "", false, "luajit", ""},
		{"preferred and missing", `gopiper.func{ function(msg) end, engine = "prefer-luajit" }`, "", true, "compiled",
			"LuaJIT cannot be loaded: install it"},
		{"missing", `gopiper.func{ function(msg) end, engine = "luajit" }`, "", true, "",
			`test.lua:2: the function is to run on LuaJIT: LuaJIT cannot be loaded: install it`},
		{"misspelled", `gopiper.func{ function(msg) end, engine = "luajt" }`, "", false, "",
			`test.lua:2: gopiper.func: attribute "engine": there is no engine "luajt"; did you mean "luajit"?`},
		{"a table of functions", `{ handle = function(msg) end, close = function() end }`, EngineLuaJIT, false, "luajit", ""},
		{"a table of functions on it", `{ handle = function(msg) end, engine = "luajit" }`, "", false, "luajit", ""},
		{"a batch on it", `{ handle_batch = function(list) end, engine = "luajit" }`, "", false, "luajit", ""},
		{"limits", `gopiper.func{ function(msg) end, limits = { time = "1s" } }`, EngineLuaJIT, false, "gopher-lua",
			"limits do not hold on LuaJIT"},
		{"limits on it", `gopiper.func{ function(msg) end, limits = { time = "1s" }, engine = "luajit" }`, "", false, "",
			"test.lua:2: the function cannot run on LuaJIT: limits do not hold"},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := testOptions(t)
			options.Engine = test.option
			if test.missing {
				options.openLuaJIT = missing
			}
			s, err := Load(context.Background(), "test.lua",
				[]byte("local gopiper = require('gopiper')\ngopiper.createPipeline{ gopiper.stdin{}, "+test.stage+", gopiper.stdout{} }"), options)
			if err != nil {
				if test.engine != "" || !strings.HasPrefix(err.Error(), test.want) {
					t.Error(err)
				}
				return
			}
			f := s.Plan().Pipelines[0].Stages[1].Function
			if f.Engine != test.engine || !strings.HasPrefix(f.Reason, test.want) {
				t.Errorf("%s, %q", f.Engine, f.Reason)
			}
			if warned := len(s.Warnings()) > 0; warned != test.missing {
				t.Errorf("warnings %v", s.Warnings())
			}
		})
	}
}

// A script that describes something else on LuaJIT is found out before it runs.
func TestAnotherPlanOnLuaJIT(t *testing.T) {
	options := testOptions(t)
	options.Engine = EngineLuaJIT
	_, err := Load(context.Background(), "test.lua", []byte(`local gopiper = require("gopiper")
local stages = { gopiper.stdin{} }
local function same(msg) end
for i = 1, tostring(123456789012345):match("5e") and 2 or 1 do -- LuaJIT rounds halves up
  stages[#stages + 1] = same
end
stages[#stages + 1] = gopiper.stdout{}
gopiper.createPipeline(stages)`), options)
	if err == nil || !strings.Contains(err.Error(), "describes another plan when it is evaluated again, on LuaJIT: the function of test.lua:3 is described more often") {
		t.Error(err)
	}
}

// A state that has grown too large is replaced, and its variables begin anew.
func TestLuaJITStateIsBounded(t *testing.T) {
	options := testOptions(t)
	options.Engine, options.LuaJITMemory = EngineLuaJIT, 8<<20
	s, err := Load(context.Background(), "test.lua", []byte(withFunction(
		`kept = kept or {}; kept[#kept + 1] = ("x"):rep(1e6) .. #kept; msg.data = #kept`)), options)
	if err != nil {
		t.Fatal(err)
	}
	worker := functionOf(s, 0, 1).Create(0, 0, nil)
	most := 0
	for range 30 {
		m := newFake("x")
		if r := handle(t, worker, m); r.Status != 0 {
			t.Fatal(r)
		}
		most = max(most, len(m.GetData()))
	}
	if m := newFake("x"); handle(t, worker, m).Status != 0 || string(m.GetData()) == "31" || most > 2 {
		t.Errorf("after 30 messages the state keeps %s strings", m.GetData())
	}
}
