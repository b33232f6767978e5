package script

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/luajit"
)

// jitPlace is a place at which functions run on LuaJIT, with the state that they
// share.
type jitPlace struct {
	mutex sync.Mutex // held while the state is used
	state *jitState  // nil until it is needed, and once it has grown too large
	err   error
}

// jitState is a state of LuaJIT in which the script was evaluated.
type jitState struct {
	script *Script
	lua    *luajit.State
	// functions are those of the plan, by their ordinals; nil for those that run on
	// another engine.
	functions []*luajit.Function
	standard  *jitStandard
	seat      *jitSeat // that runs
	stamp     uint64   // of the document that was opened last
	unused    runtime.Cleanup
}

// leaveJIT gives a place back: the last worker's leaving frees the state.
func (s *Script) leaveJIT(at place, p *jitPlace) {
	if s.jits.leave(at, p) {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.close()
	}
}

// close frees the state. The mutex is held.
func (p *jitPlace) close() {
	if p.state != nil {
		p.state.close()
		p.state = nil
	}
}

// enter returns the state, made if need be. The mutex is held.
func (p *jitPlace) enter(s *Script) (*jitState, error) {
	if p.state == nil && p.err == nil {
		made := make(chan struct{})
		go func() { // what evaluates has a deep stack, which the worker's goroutine would keep
			defer close(made)
			p.state, p.err = s.newJIT()
		}()
		<-made
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.state, nil
}

// newJIT evaluates the script on LuaJIT.
func (s *Script) newJIT() (*jitState, error) {
	library, err := s.openLuaJIT()
	if err != nil {
		return nil, &Error{Position: plan.Position{File: s.name}, Message: err.Error()}
	}
	st := &jitState{script: s}
	if st.lua, err = library.NewState(hostFunctions()...); err != nil {
		return nil, &Error{Position: plan.Position{File: s.name}, Message: err.Error()}
	}
	watched.add(st.lua, s.options)
	st.freeUnused()
	if err := st.describe(); err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// close frees the state now. The state is used until it has: or the collector
// could free it, too, at the same time.
func (st *jitState) close() {
	st.unused.Stop()
	watched.remove(st.lua)
	st.lua.Close()
	runtime.KeepAlive(st)
}

// describe evaluates the script and finds the functions of the plan.
func (st *jitState) describe() error {
	s := st.script
	d := &describing{script: s, source: rand.NewPCG(s.world.seed[0], s.world.seed[1])}
	d.random = rand.New(d.source)
	d.standard = newJITStandard(d)
	st.standard = d.standard
	for name, f := range d.functions() {
		if err := st.lua.Register(name, f); err != nil {
			return &Error{Position: plan.Position{File: s.name}, Message: err.Error()}
		}
	}
	defer func() { d.script = nil }() // the state must not keep what keeps it
	_, err := st.lua.Run(s.main.name, string(s.main.source))
	for _, name := range d.modules {
		if problem := st.lua.Know(name); problem != nil && err == nil {
			err = problem
		}
	}
	if err != nil {
		return s.jitError(err)
	}
	found, err := st.lua.Finish()
	d.standard.run()
	if err != nil {
		return s.jitError(err)
	}
	return st.match(found)
}

// match finds the functions of the plan among those that were described: the
// first, second and so on of a place are those of the plan there.
func (st *jitState) match(found []*luajit.Function) error {
	s := st.script
	at := make(map[plan.Position][]*luajit.Function)
	for _, f := range found {
		file, line := f.Position()
		p := plan.Position{File: file, Line: line}
		at[p] = append(at[p], f)
	}
	st.functions = make([]*luajit.Function, len(s.functions))
	for i, f := range s.functions {
		p := plan.Position{File: f.SourceName, Line: f.LineDefined}
		if len(at[p]) == 0 {
			return s.another(fmt.Sprintf("the function of %s is described less often", p))
		}
		st.functions[i] = at[p][0]
		at[p] = at[p][1:]
	}
	for p, more := range at {
		if len(more) > 0 {
			return s.another(fmt.Sprintf("the function of %s is described more often", p))
		}
	}
	for i, f := range st.functions {
		c := &s.compiled[i]
		if !c.onLuaJIT {
			continue
		}
		mode := jitModes[c.purpose]
		if c.life != nil {
			mode = luajit.Keeper
			if c.life.batch {
				continue // it is called with lists
			}
		}
		if err := f.Bind(c.label, mode); err != nil {
			return s.jitError(err)
		}
	}
	st.lua.Trim()
	return nil
}

func (s *Script) another(what string) *Error {
	return &Error{
		Position: plan.Position{File: s.name},
		Message: "the script describes another plan when it is evaluated again, on LuaJIT: " + what +
			"; a script with functions must describe the same plan every time",
	}
}

// describing is what a script sees of its surroundings while it describes on
// LuaJIT: what it saw at first.
type describing struct {
	script  *Script
	source  *rand.PCG
	random  *rand.Rand
	modules []string // names of the chunks that were loaded

	standard *jitStandard
}

func (d *describing) functions() map[string]luajit.Func {
	w := d.script.world
	options := d.script.options
	return map[string]luajit.Func{
		"host.env":        func(c *luajit.Call) error { return jitEnvironment(w, c) },
		"host.module":     d.module,
		"host.random":     d.number,
		"host.randomseed": d.seed,
		"host.read_file": func(c *luajit.Call) error {
			path, err := jitPath(c, "read_file")
			if err != nil {
				return err
			}
			text, err := w.readFile(path)
			return errors.Join(err, c.Return(text))
		},
		"host.glob": func(c *luajit.Call) error {
			pattern, err := jitPath(c, "glob")
			if err != nil {
				return err
			}
			paths, err := w.glob(pattern)
			list := &luajit.Table{}
			for _, path := range paths {
				list.Items = append(list.Items, path)
			}
			return errors.Join(err, c.Return(list))
		},
		"host.known": func(c *luajit.Call) error {
			name, _ := c.Value(0).(string)
			if hasUpper(name) || len(options.Known) > 0 && !slices.Contains(options.Known, name) && !strings.Contains(name, ".") {
				return fmt.Errorf("gopiper.%s is no component%s", name, suggest(name, options.Known))
			}
			return nil
		},
		"host.group": d.standard.group,
		"call.std":   d.standard.call,
		"call.logs":  d.standard.logs,
		"call.place": d.standard.place,
		"host.now":   func(c *luajit.Call) error { return c.Return(float64(w.now.Unix())) },
		"host.seed":  func(c *luajit.Call) error { return c.Return(float64(rand.Uint32())) },
		"host.print": func(c *luajit.Call) error {
			text, _ := c.Value(0).(string)
			file, _ := c.Value(1).(string)
			line, _ := c.Number(2)
			options.Print(plan.Position{File: file, Line: int(line)}, text)
			return nil
		},
	}
}

func jitPath(c *luajit.Call, function string) (string, error) {
	path, ok := c.Value(0).(string)
	if !ok || path == "" {
		return "", fmt.Errorf("%s: the first argument is a path, not %s", function, jitDescribe(c.Value(0)))
	}
	return path, nil
}

func jitEnvironment(w *world, c *luajit.Call) error {
	name, ok := c.Value(0).(string)
	if !ok || name == "" {
		return fmt.Errorf("env: the first argument is the name of an environment variable, not %s", jitDescribe(c.Value(0)))
	}
	if value, set := w.variable(name); set {
		return c.Return(value)
	}
	if c.Value(1) != true {
		return fmt.Errorf("the environment variable %s is not set; set it, or give a default: gopiper.env(%q, …)", name, name)
	}
	c.ReturnNil()
	return nil
}

// module returns the name and the source of a module.
func (d *describing) module(c *luajit.Call) error {
	name, ok := c.Bytes(0)
	if !ok {
		return fmt.Errorf("bad argument #1 to 'require' (string expected, got %s)", jitTypeName(c.Value(0)))
	}
	found, err := d.script.world.module(string(name), d.script.moduleName)
	if err != nil {
		return err
	}
	d.modules = append(d.modules, found.name)
	return errors.Join(c.Return(found.name), c.Return(found.source))
}

// number is math.random, with the numbers that gopher-lua has given.
func (d *describing) number(c *luajit.Call) error {
	low, high := 1.0, 0.0
	switch c.Len() {
	case 0:
		return c.Return(d.random.Float64())
	case 1:
		high, _ = c.Number(0)
	default:
		low, _ = c.Number(0)
		high, _ = c.Number(1)
	}
	low, high = math.Floor(low), math.Floor(high)
	if !(low <= high) || high-low >= 1<<53 {
		return fmt.Errorf("math.random: no whole number from %v to %v", low, high)
	}
	return c.Return(low + float64(d.random.Int64N(int64(high-low)+1)))
}

func (d *describing) seed(c *luajit.Call) error {
	seed, _ := c.Number(0)
	d.source.Seed(uint64(int64(seed)), 0)
	return nil
}
