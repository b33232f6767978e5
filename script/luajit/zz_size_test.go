package luajit

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func rss() float64 {
	runtime.GC()
	debug.FreeOSMemory()
	text, _ := os.ReadFile("/proc/self/smaps_rollup")
	for line := range strings.Lines(string(text)) {
		var n float64
		if c, _ := fmt.Sscanf(line, "Rss: %f kB", &n); c == 1 {
			return n * 1.024
		}
	}
	return 0
}

func anonRss() (goHeap, other float64) {
	text, _ := os.ReadFile("/proc/self/smaps")
	heap := false
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "-") && !strings.Contains(line, "kB") {
			heap = strings.HasPrefix(line, "c0")
		}
		var n float64
		if c, _ := fmt.Sscanf(line, "Rss: %f kB", &n); c == 1 {
			if heap {
				goHeap += n * 1.024
			} else {
				other += n * 1.024
			}
		}
	}
	return
}

func heapAlloc() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1000
}

func count(s *State) float64 {
	if err := s.load(bytecode{"=x\x00", []byte("return tostring(collectgarbage('count')*1.024)")}); err != nil {
		panic(err)
	}
	native(s.library.call, s.lua, 0, 1, 0)
	var f float64
	fmt.Sscanf(s.text(-1), "%f", &f)
	return f
}

func TestSize(t *testing.T) {
	l, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	ours, _ := l.bytecodes()
	for n, b := range ours {
		fmt.Print(n, " ", len(b.code), " ")
	}
	fmt.Println()
	own := make([]Func, len(Names))
	for i := range own {
		own[i] = refuse
	}
	stages := []struct {
		name string
		do   func() *State
	}{
		{"newstate", func() *State { s := &State{library: l}; s.lua = native(l.newState); return s }},
		{"openlibs", func() *State { s, _ := l.bare(); return s }},
		{"boot only", func() *State { n := eager; eager = nil; s, err := l.NewState(own...); eager = n; if err != nil { t.Fatal(err) }; return s }},
		{"boot 3", func() *State { n := eager; eager = n[:3]; s, err := l.NewState(own...); eager = n; if err != nil { t.Fatal(err) }; return s }},
		{"NewState", func() *State {
			s, err := l.NewState(own...)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}},
		{"run+finish", func() *State { s, _ := l.NewState(own...); runOne(t, s, false, 0, 0); return s }},
		{"bound", func() *State { s, _ := l.NewState(own...); runOne(t, s, true, 0, 0); return s }},
		{"handled 1", func() *State { s, _ := l.NewState(own...); runOne(t, s, true, 1, 1); return s }},
	}
	for _, st := range stages {
		st.do().closeBare()
		var before, after float64
		states := make([]*State, n)
		a := st.do()
		before = rss()
		hb := heapAlloc()
		gb, ob := anonRss()
		for i := range states {
			states[i] = st.do()
		}
		after = rss()
		ha := heapAlloc()
		ga, oa := anonRss()
		c := 0.0
		if st.name == "openlibs" {
			c = count(states[0])
		} else if a.head != nil {
			c = float64(a.Memory()) / 1000
		}
		fmt.Printf("%-16s rss %6.1f KB (go mapped %5.1f, other %6.1f), lua counts %6.1f, go heap %5.1f\n", st.name, (after-before)/n, (ga-gb)/n, (oa-ob)/n, c, (ha-hb)/n)
		for _, s := range states {
			s.closeBare()
		}
		a.closeBare()
	}
}

func (s *State) closeBare() {
	if s.head != nil {
		s.Close()
		return
	}
	native(s.library.closeState, s.lua)
	s.lua = 0
}

func runOne(t *testing.T, s *State, bind bool, batch, total int) {
	if _, err := s.Run("states.lua", `-- a comment
local stages = { lua = { function(msg) msg.attributes.upper = msg.data:upper() end, workers = 4 } }
local gopiper = require("gopiper")
gopiper.createPipeline({ stages.lua[1] })`); err != nil {
		t.Fatal(err)
	}
	fs, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if !bind {
		return
	}
	if err := fs[0].Bind("f", Handle); err != nil {
		t.Fatal(err)
	}
	b := s.Batch()
	for i := 0; i < total; i += batch {
		b.Reset()
		for k := range batch {
			b.Add([]byte(fmt.Sprintf("%s %d", accessLog, k+i)), "", 0)
		}
		n, err := fs[0].Call(b)
		if err != nil || n != batch {
			t.Fatal(n, err)
		}
	}
}
