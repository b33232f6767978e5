package json_test

import (
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/json"
)

// message counts what is done to it.
type message struct {
	*fake.Message
	room []byte
	sets int
}

func (m *message) SetData(data []byte) {
	m.sets++
	m.Message.SetData(data)
}

func (m *message) Grow(n int) []byte {
	m.room = make([]byte, 0, n)
	return m.room
}

// factory makes a factory the way a pipeline does.
func factory(attributes map[string]any) (component.Factory, error) {
	valid, err := json.Declaration.Validate(attributes)
	if err != nil {
		return nil, err
	}
	return json.NewFactory(valid)
}

type table = map[string]any

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		name       string
		attributes table
		data, want string
		status     int
		report     string
	}{
		{"the three of every log", table{"set": table{"env": "prod"}, "delete": "tmp", "rename": table{"msg": "message"}},
			`{"msg":"a\u0041","n":1.0, "tmp":null}`, `{"message":"a\u0041","n":1.0,"env":"prod"}`, 0, ""},
		{"all kinds of values", table{"set": table{"a": "x\"", "b": 1.0, "c": int64(2), "d": 0.5, "e": true, "f": []any{}, "g": table{"y": []any{1.0}, "x": nil}}},
			`{}`, `{"a":"x\"","b":1,"c":2,"d":0.5,"e":true,"f":[],"g":{"x":null,"y":[1]}}`, 0, ""},
		{"paths", table{"set": table{"http.status": 1.0, `["a.b"]`: 2.0}, "delete": []any{"tags[0]", "user.name"}},
			`{"tags":["x","y"],"user":{"name":"n"}}`, `{"tags":["y"],"user":{},"a.b":2,"http":{"status":1}}`, 0, ""},
		{"rename to a key with a dot", table{"rename": table{"a.b": `["x.y"]`}}, `{"a":{"b":1}}`, `{"a":{"x.y":1}}`, 0, ""},
		{"keep", table{"keep": []any{"a", "b.c"}}, `{"a":1,"b":{"c":2,"d":3},"e":4}`, `{"a":1,"b":{"c":2}}`, 0, ""},
		{"nothing to do", table{"delete": "x", "rename": table{"y": "z"}}, ` {"a":1} `, ` {"a":1} `, 0, ""},
		{"only checked", nil, `[1, 2]`, `[1, 2]`, 0, ""},
		{"not JSON", nil, `{"a":01}`, `{"a":01}`, 201, "not JSON: offset 6: expected ',' or '}', found '1'"},
		{"broken behind an edit", table{"set": table{"a": 1.0}}, `{"a":2`, `{"a":2`, 201, "not JSON: offset 6: expected ',' or '}', found the end"},
		{"empty", nil, ``, ``, 201, "not JSON: offset 0: expected a value, found the end"},
		{"mismatch", table{"set": table{"a.b": 1.0}}, `{"a":2}`, `{"a":2}`, 202, "offset 5: expected an object to set b in, found a number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := factory(c.attributes)
			if err != nil {
				t.Fatal(err)
			}
			one := &message{Message: fake.NewMessage(c.data)}
			report := fake.Handle(t, f.Create(nil), one)
			batch := &message{Message: fake.NewMessage(c.data)}
			reports := make([]component.Report, 1)
			if n := f.Create(nil).(component.BatchHandler).HandleBatch([]component.Message{batch}, reports); n != 1 {
				t.Errorf("HandleBatch handled %d", n)
			}
			want := component.Report{Status: c.status, Description: c.report}
			if report != want || reports[0] != want {
				t.Errorf("reports %v and %v; want %v", report, reports[0], want)
			}
			for _, m := range []*message{one, batch} {
				if got := string(m.GetData()); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if want := btoi(c.data != c.want); m.sets != want {
					t.Errorf("SetData was called %d times, want %d", m.sets, want)
				}
				if m.sets > 0 && &m.room[:1][0] != &m.GetData()[0] {
					t.Error("what Grow returned was not used")
				}
			}
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestAttributeErrors(t *testing.T) {
	for _, c := range []struct {
		attributes table
		want       string
	}{
		{table{"set": table{"a..b": 1.0}, "delete": "", "keep": "a[", "rename": table{".": "x"}},
			`attribute "set": path "a..b", offset 2: expected a key; one that is empty or holds . [ ] or " is written as ["…"], found "."` + "\n" +
				`attribute "rename": path ".", offset 0: expected a key; one that is empty or holds . [ ] or " is written as ["…"], found "."` + "\n" +
				`attribute "delete": path "", offset 0: expected a key or '[', found the end` + "\n" +
				`attribute "keep": path "a[", offset 2: expected an index from 0 up to 2147483647, or a key in quotes, found the end`},
		{table{"set": table{"a": func() {}}}, `attribute "set": the value of a: a func() cannot be written as JSON`},
		{table{"rename": table{"a": "b.c"}}, `attribute "rename": a: expected a new key as a string, for the member stays in its object, found "b.c"; a key that holds a dot is written ["…"]`},
		{table{"rename": table{"a": 5.0}}, `attribute "rename": a: expected a new key as a string, for the member stays in its object, found "5"; a key that holds a dot is written ["…"]`},
		{table{"set": table{"a": 1.0}, "delete": "a"}, `delete a: contradicts set a`},
		{table{"sett": table{}}, `unknown attribute "sett"; did you mean "set"?`},
		{table{"delete": 5.0}, `attribute "delete": expected a list of strings, got the number 5`},
	} {
		if f, err := factory(c.attributes); err == nil || err.Error() != c.want || f != nil {
			t.Errorf("%v: %v\nwant %s", c.attributes, err, c.want)
		}
	}
}

func TestDeclarationIsTrue(t *testing.T) {
	f, err := factory(nil)
	if err != nil || f.Amount() != 1 {
		t.Fatal(err)
	}
	if got := component.WorkerInterfaces(f.Create(nil)) | component.FactoryInterfaces(f); got != json.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, json.Declaration.Interfaces)
	}
}

// reused is a message whose memory is reused.
type reused struct {
	component.StandardMessage
	data, room []byte
}

func (m *reused) GetData() []byte   { return m.data }
func (m *reused) SetData([]byte)    {}
func (m *reused) Grow(n int) []byte { return m.room[:0] }

const event = `{"ts":"2025-03-01T00:00:00.123Z","level":"info","seq":1234567,"host":"web-12","service":"checkout","msg":"request \"handled\" in time","http":{"method":"GET","path":"/api/v1/items/4711","status":200,"bytes":51234,"dur_ms":12.75},"tags":["prod","eu"],"user":{"id":90210,"admin":false},"tmp":null}`

func batch(t testing.TB) (component.BatchHandler, []component.Message, []component.Report) {
	f, err := factory(table{"set": table{"env": "prod"}, "delete": "tmp", "rename": table{"msg": "message"}})
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]component.Message, 256)
	for i := range messages {
		messages[i] = &reused{data: []byte(event), room: make([]byte, 400)}
	}
	return f.Create(nil).(component.BatchHandler), messages, make([]component.Report, len(messages))
}

func TestNoAllocations(t *testing.T) {
	worker, messages, reports := batch(t)
	if n := testing.AllocsPerRun(10, func() { worker.HandleBatch(messages, reports) }); n > 0 || reports[0].Status != 0 {
		t.Errorf("%v allocations a batch; %v", n, reports[0])
	}
}

// BenchmarkEvent is per batch of 256 events of 293 bytes.
func BenchmarkEvent(b *testing.B) {
	worker, messages, reports := batch(b)
	b.SetBytes(int64(len(messages) * len(event)))
	b.ReportAllocs()
	for b.Loop() {
		worker.HandleBatch(messages, reports)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(messages)), "ns/message")
}
