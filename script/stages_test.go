package script_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

// messages originates n messages, in batches: those of the list, over and over.
type messages struct {
	list []string
	n    int
}

func (*messages) Handle(component.Message, component.HandledCallback) {}

func (s *messages) Create(chan component.Message) component.Component { return s }
func (*messages) Amount() int                                         { return 1 }

func (s *messages) Run(_ context.Context, out component.Output) error {
	for i := 0; i < s.n; {
		b := out.Batch()
		for ; i < s.n && b.Len() < 512; i++ {
			b.Append([]byte(s.list[i%len(s.list)]))
		}
		if !out.Emit(b) {
			break
		}
	}
	return nil
}

// outcome keeps what arrives, if it is to.
type outcome struct {
	keeps bool
	list  []string
}

func (o *outcome) Create(chan component.Message) component.Component { return o }
func (*outcome) Amount() int                                         { return 1 }

func (o *outcome) Handle(m component.Message, done component.HandledCallback) {
	if o.keeps {
		line := string(m.GetData())
		for name, value := range m.(component.StandardMessage).Attributes {
			line += " " + name + "=" + value
		}
		o.list = append(o.list, line)
	}
	done(component.Report{})
}

// parses is a stage behind which every message must be parsed anew: it gives it new
// data, with the same content.
type parses struct{}

func (parses) Create(chan component.Message) component.Component { return parses{} }
func (parses) Amount() int                                       { return 1 }

func (parses) Handle(m component.Message, done component.HandledCallback) {
	m.SetData(append([]byte(nil), m.GetData()...))
	done(component.Report{})
}

func stageOf(name string, f component.Factory, d component.Declaration) *plan.Stage {
	d.Name = name
	return gopiper.Describe(gopiper.Pipeline{Stages: gopiper.Stages(gopiper.Own(name, f, &d))}).Pipelines[0].Stages[0]
}

var (
	aSource    = component.Declaration{Roles: component.Source, Interfaces: component.IsRunner}
	aProcessor = component.Declaration{Roles: component.Processor, Sync: true}
	aSink      = component.Declaration{Roles: component.Sink, Sync: true}
)

type fataler interface{ Fatal(...any) }

// program makes a pipeline of the stages that the script lists, between the source
// and the sinks. If anew is set, every stage has to parse.
func program(t fataler, stages string, interpret, anew bool, from *messages, to, failed *outcome) *gopiper.Program {
	source := `local gopiper = require("gopiper")
gopiper.createPipeline{ gopiper.stdin{}, ` + stages + `, gopiper.stdout{} }`
	engine := script.EngineAuto
	if interpret {
		engine = script.EngineGopherLua
	}
	s, err := script.Load(context.Background(), "test.lua", []byte(source), script.Options{Known: []string{"stdin", "stdout"}, Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Plan()
	var fresh func(stages []*plan.Stage) []*plan.Stage
	fresh = func(stages []*plan.Stage) (list []*plan.Stage) {
		for _, stage := range stages {
			for _, branch := range stage.Branches {
				branch.Stages = fresh(branch.Stages)
			}
			if stage.Kind == plan.Function {
				stage.Retry = &plan.Retry{Initial: time.Microsecond, Max: time.Microsecond}
			}
			if list = append(list, stage); anew {
				list = append(list, stageOf("parses", parses{}, aProcessor))
			}
		}
		return list
	}
	pipeline := p.Pipelines[0]
	pipeline.Name = "test"
	functions := fresh(pipeline.Stages[1 : len(pipeline.Stages)-1])
	pipeline.Stages = append([]*plan.Stage{stageOf("messages", from, aSource)}, append(functions, stageOf("outcome", to, aSink))...)
	if failed != nil {
		pipeline.Failed = []*plan.Stage{stageOf("failed", failed, aSink)}
	}
	prepared, err := gopiper.Prepare(p, gopiper.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return prepared
}

// functions are what stages of the property test do. Those with %d are told apart.
var functions = []string{
	`function(msg) local v = msg.json.a if v then msg.json.b = v end end`,
	`function(msg) msg.json.none = msg.json.none end`,
	`function(msg) msg.json["new %d"] = msg.json.seq end`,
	`function(msg) msg.json.seq = msg.json.seq + 1 msg.json.a = "x\"y" end`,
	`function(msg) msg.json.a = nil end`,
	`function(msg) msg.json.a, msg.json.c = nil, true end`,
	`function(msg) if msg.json.last == nil then msg.json.b = nil msg.json.last = "no" end end`,
	`function(msg) msg.json["a longer key, with \"quotes\""] = gopiper.null end`,
	`function(msg) local o = msg.json.o if o then o.a = "in" o.n = nil end end`,
	`function(msg) local o = msg.json.o if o then msg.json.b = o.a end end`,
	`function(msg) local n = 0 for k, v in pairs(msg.json) do n = n + #k end msg.json.n = n end`,
	`function(msg) table.insert(msg.json.list, "x") end`,
	`function(msg) msg.json = { seq = msg.json.seq, a = { 1, 2 } } msg.json.b = 1 end`,
	`function(msg) msg.data = msg.data:gsub("a", "b") end`,
	`function(msg) msg.data = msg.data .. " " msg.json.b = 2 end`,
	`function(msg) msg.json.b = 3 msg.attributes.n = #msg.data end`,
	`function(msg) if msg.json.seq %% 3 == 0 then msg.json.a = 1 return 200, "no" end end`,
	`function(msg) msg.json.b = 4 if msg.json.seq %% 4 == 0 then return gopiper.DROP end end`,
	`function(msg) msg.json.b = 5 error(msg.json.a) end`,
	`(function() local seen = {} return function(msg)
		local json = msg.json
		json.b = "tried" json.a = nil
		if json.seq %% 5 == 0 and not seen[json.seq] then seen[json.seq] = true return 100, "again" end
	end end)()`,
	`function(msg) local c = msg:copy() c.json.b = "copy" c:emit() msg.json.c = nil end`,
	`function(msg) return msg, { data = msg.data } end`,
	`gopiper.branch{ { function(msg) msg.json.a = "first" end }, { function(msg) msg.json.b = msg.json.a end }, {} }`,
	`gopiper.switch{ { when = function(msg) return msg.json.none == nil end, function(msg) msg.json.a = "new" end }, {} }`,
}

// drawMessages draws objects: of few members and of many, with keys that repeat, with
// escapes and space, and some that are none.
func drawMessages(t *rapid.T) (list []string) {
	members := []string{
		`"a":1`, `"a" : "text"`, `"\u0061":null`, `"b":1.50`, `"b":{"a":1}`, `"o":{"a":[1 , 2],"n":0}`, `"o":{}`, `"list":[ ]`, `"list":[1,2]`,
		`"c":"caf\u00e9"`, `"last":"` + strings.Repeat("long ", 40) + `"`, `"":9007199254740993`,
	}
	for i := range rapid.IntRange(1, 12).Draw(t, "messages") {
		text := fmt.Sprintf(`{"seq":%d`, i)
		for range rapid.IntRange(0, 8).Draw(t, "members") {
			text += rapid.SampledFrom([]string{",", ", ", "\t,"}).Draw(t, "comma") + rapid.SampledFrom(members).Draw(t, "member")
		}
		text = rapid.SampledFrom([]string{"", "", " "}).Draw(t, "space") + text + "}"
		if rapid.IntRange(0, 11).Draw(t, "fault") == 0 {
			text = text[:rapid.IntRange(0, len(text)).Draw(t, "until")] + rapid.SampledFrom([]string{"", "}", "x"}).Draw(t, "end")
		}
		list = append(list, text)
	}
	return list
}

// TestStagesAgree lets messages go through chains of stages, as they are and with
// every stage parsing anew: what comes out, and what fails where and why, is equal.
func TestStagesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stages []string
		for i := range rapid.IntRange(2, 5).Draw(t, "stages") {
			s := rapid.SampledFrom(functions).Draw(t, "function")
			stages = append(stages, strings.ReplaceAll(strings.ReplaceAll(s, "%d", fmt.Sprint(i)), "%%", "%"))
		}
		source, interpret := strings.Join(stages, ",\n"), rapid.Bool().Draw(t, "interpret")
		list := drawMessages(t)
		run := func(anew bool) (delivered, failed []string) {
			to, fails := &outcome{keeps: true}, &outcome{keeps: true}
			p := program(t, source, interpret, anew, &messages{list: list, n: len(list)}, to, fails)
			if err := p.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			slices.Sort(fails.list) // branches fail at the same time
			return to.list, fails.list
		}
		delivered, failed := run(false)
		wanted, wantedFailed := run(true)
		if got, want := strings.Join(delivered, "\n"), strings.Join(wanted, "\n"); got != want {
			t.Fatalf("%q through\n%s\ncomes out as\n%s\nand, parsed by every stage, as\n%s", list, source, got, want)
		}
		if got, want := strings.Join(failed, "\n"), strings.Join(wantedFailed, "\n"); got != want {
			t.Fatalf("%q through\n%s\nfails as\n%s\nand, parsed by every stage, as\n%s", list, source, got, want)
		}
	})
}

const anEvent = `{"ts":"2025-03-01T00:00:00.123Z","level":"info","seq":82128,"host":"web-3","service":"checkout","msg":"order \"4711\" accepted","http":{"method":"POST","path":"/orders","status":200,"bytes":51929,"dur_ms":12.75},"tags":["eu","canary"],"user":{"id":9007199254740993,"admin":false},"tmp":null}`

// BenchmarkStages is what functions cost that each read one member of an event and
// set another: in one stage, and in several, as they are and parsed by every one.
func BenchmarkStages(b *testing.B) {
	bodies := []string{
		`if msg.json.level == "debug" then return gopiper.DROP end msg.json.env = "prod"`,
		`if msg.json.service == "checkout" then msg.json.team = "shop" end`,
		`if msg.json.host == "web-3" then msg.json.zone = "eu-1" end`,
		`if msg.json.zone ~= "eu-2" then msg.json.tmp = "x" end`,
	}
	for _, interpret := range []bool{false, true} {
		for _, n := range []int{1, 2, 4} {
			for _, join := range []string{"stages", "one stage"} {
				stages := "function(msg) " + strings.Join(bodies[:n], " end,\nfunction(msg) ") + " end"
				if join == "one stage" {
					stages = "function(msg) " + strings.Join(bodies[:n], " ") + " end"
				}
				name := map[bool]string{false: "compiled", true: "gopher-lua"}[interpret]
				b.Run(fmt.Sprintf("%s/%d functions/%s", name, n, join), func(b *testing.B) {
					p := program(b, stages, interpret, false, &messages{list: []string{anEvent}, n: b.N}, &outcome{}, nil)
					b.ReportAllocs()
					b.ResetTimer()
					if err := p.Run(context.Background()); err != nil {
						b.Fatal(err)
					}
				})
			}
		}
	}
}
