package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
)

// editor is a function that does with msg.json what the bytes of msg.key say,
// two for a step, and notes what it reads in the attribute "read".
const editor = `
local names = { "a", "b", "c", "\195\169", "", "k\n" }
local values = { 1, "x\n\"", true, gopiper.null, 2.5, gopiper.array{}, {}, { a = { 1, { b = "y" } } } }
local function show(v)
  if type(v) == "number" then return ("%.17g"):format(v) end
  if type(v) == "userdata" and getmetatable(v):find("^JSON [oa]") then return getmetatable(v) end
  return type(v) == "string" and "=" .. v or tostring(v)
end
local ops, read, at = msg.key or "", {}, msg.json
for i = 1, #ops - 1, 2 do
  local op, n = ops:byte(i, i + 1)
  local array = getmetatable(at) == "JSON array"
  local key = array and n % (#at + 1) + 1 or names[n % #names + 1]
  local other = array and (n + 1) % (#at + 1) + 1 or names[(n + 1) % #names + 1]
  local value = values[n % #values + 1]
  op = op % 9
  if op == 0 then
    local child = at[key]
    if type(child) == "userdata" and getmetatable(child):find("^JSON [oa]") then at = child end
  elseif op == 1 then at = msg.json
  elseif op == 2 then at[key] = value
  elseif op == 3 then if array then table.remove(at, key) else at[key] = nil end
  elseif op == 4 then if array then table.insert(at, key, value) end
  elseif op == 5 then if at[other] ~= nil then at[key] = at[other] end
  elseif op == 6 then read[#read + 1] = tostring(at)
  elseif op == 7 then read[#read + 1] = show(at[key])
  else
    for k, v in pairs(at) do read[#read + 1] = k .. show(v) end
    if n % 2 == 0 then local d = msg.data end
  end
end
msg.attributes.read = table.concat(read, "|")`

var (
	editNames  = []string{"a", "b", "c", "é", "", "k\n"}
	editValues = []string{"1", `"x\n\""`, "true", "null", "2.5", "[]", "{}", `{"a":[1,{"b":"y"}]}`}
)

// model is a tree that the same is done to. A member that was deleted keeps its
// place.
type model struct {
	raw   string // of a scalar
	kind  jsonview.Kind
	kids  []*member
	texts texts
}

// texts are those of numbers that were read: an equal one is written that way.
type texts map[float64]string

func (t texts) note(f float64, raw string) {
	delete(t, f)
	if text, err := jsonview.AppendFloat(nil, f); f != 0 && err == nil && string(text) != raw {
		t[f] = raw
	}
}

func (t texts) of(f float64, otherwise string) string {
	if text, ok := t[f]; ok {
		return text
	}
	return otherwise
}

// value is one of the editor's values as it is written.
func (t texts) value(n int) string {
	switch n {
	case 0:
		return t.of(1, "1")
	case 4:
		return t.of(2.5, "2.5")
	case 7:
		return `{"a":[` + t.of(1, "1") + `,{"b":"y"}]}`
	}
	return editValues[n]
}

type member struct {
	raw, key string
	gone     bool
	*model
}

// newModel returns nil if a key repeats or a string is not UTF-8, which
// encoding/json has other rules for.
func newModel(v jsonview.Value, t texts) *model {
	m := &model{raw: string(v.Raw()), kind: v.Kind(), texts: t}
	seen, sound := map[string]bool{}, utf8.Valid(v.Raw())
	add := func(raw string, e jsonview.Value) bool {
		key := ""
		if raw != "" && json.Unmarshal([]byte(raw), &key) != nil || raw != "" && seen[key] {
			sound = false
			return false
		}
		seen[key] = true
		kid := newModel(e, t)
		sound = sound && kid != nil
		m.kids = append(m.kids, &member{raw, key, false, kid})
		return true
	}
	v.Members(func(key, e jsonview.Value) bool { return add(string(key.Raw()), e) })
	v.Elements(func(_ int, e jsonview.Value) bool { return add("", e) })
	if !sound {
		return nil
	}
	return m
}

func (m *model) parsed(text string) *model {
	v, _ := jsonview.Parse([]byte(text))
	return newModel(v, m.texts)
}

func (m *model) String() string {
	if m.kind < jsonview.Array {
		return m.raw
	}
	var list []string
	for _, k := range m.kids {
		switch {
		case m.kind == jsonview.Array:
			list = append(list, k.String())
		case !k.gone:
			list = append(list, k.raw+":"+k.String())
		}
	}
	if m.kind == jsonview.Array {
		return "[" + strings.Join(list, ",") + "]"
	}
	return "{" + strings.Join(list, ",") + "}"
}

func (m *model) show() string {
	var value any
	d := json.NewDecoder(strings.NewReader(m.raw))
	d.UseNumber()
	switch m.kind {
	case jsonview.Object:
		return "JSON object"
	case jsonview.Array:
		return "JSON array"
	}
	if err := d.Decode(&value); err != nil {
		panic(err)
	}
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		whole := !strings.ContainsAny(m.raw, ".eE")
		if err != nil || whole && (f > 1<<53 || f < -1<<53 || f == 1<<53 && m.raw != "9007199254740992" || f == -1<<53 && m.raw != "-9007199254740992") {
			return m.raw
		}
		if mantissa, _, _ := strings.Cut(strings.ToLower(m.raw), "e"); f == 0 && strings.ContainsAny(mantissa, "123456789") {
			return m.raw
		}
		m.texts.note(f, m.raw)
		return fmt.Sprintf("%.17g", f)
	case string:
		return "=" + v
	case nil:
		return "null"
	}
	return fmt.Sprint(value)
}

// get finds a member, or an element counted from 0.
func (m *model) get(key string, index int) *member {
	if m.kind == jsonview.Array {
		if index < len(m.kids) {
			return m.kids[index]
		}
		return nil
	}
	for _, k := range m.kids {
		if k.key == key && !k.gone {
			return k
		}
	}
	return nil
}

func (m *model) set(key string, index int, value *model) {
	if m.kind == jsonview.Array {
		if index == len(m.kids) {
			m.kids = append(m.kids, &member{})
		}
		m.kids[index] = &member{model: value}
		return
	}
	for _, k := range m.kids {
		if k.key == key {
			k.model, k.gone = value, false
			return
		}
	}
	m.kids = append(m.kids, &member{string(jsonview.AppendString(nil, key)), key, false, value})
}

func (m *model) remove(key string, index int) {
	if m.kind == jsonview.Array {
		if index < len(m.kids) {
			m.kids = slices.Delete(m.kids, index, index+1)
		}
		return
	}
	m.set(key, 0, &model{})
	for _, k := range m.kids {
		k.gone = k.gone || k.key == key
	}
}

// edit does what editor does.
func (m *model) edit(ops []byte) string {
	var read []string
	root, at := m, m
	for i := 0; i+1 < len(ops); i += 2 {
		n := int(ops[i+1])
		index, other := n%(len(at.kids)+1), (n+1)%(len(at.kids)+1)
		key, otherKey, value := editNames[n%6], editNames[(n+1)%6], m.texts.value(n%8)
		switch child := at.get(key, index); ops[i] % 9 {
		case 0:
			if child != nil {
				child.show() // it is read
			}
			if child != nil && child.kind >= jsonview.Array {
				at = child.model
			}
		case 1:
			at = root
		case 2:
			at.set(key, index, m.parsed(value))
		case 3:
			if child != nil && at.kind == jsonview.Array {
				child.show()
			}
			at.remove(key, index)
		case 4:
			if at.kind == jsonview.Array {
				at.kids = slices.Insert(at.kids, index, &member{model: m.parsed(value)})
			}
		case 5:
			if from := at.get(otherKey, other); from != nil {
				from.show()
				text := from.String()
				if from.kind == jsonview.String {
					var s string
					json.Unmarshal([]byte(text), &s)
					text = string(jsonview.AppendString(nil, s))
				}
				at.set(key, index, m.parsed(text))
			}
		case 6:
			read = append(read, at.String())
		case 7:
			if child == nil {
				read = append(read, "nil")
			} else {
				read = append(read, child.show())
			}
		default:
			for i, k := range at.kids {
				if at.kind == jsonview.Array {
					k.key = fmt.Sprint(i + 1)
				}
				if !k.gone {
					read = append(read, k.key+k.show())
				}
			}
		}
	}
	return strings.Join(read, "|")
}

// FuzzJSON does things to a text through msg.json, and the same to a tree: both
// read the same, as encoding/json does, and what was not touched is there byte
// for byte.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		` {"a":{"b":[1.0 ,1e3,{"c":-0}]} , "\u0061b":12345678901234567890,"c":"\u00e9\/\ud83d\ude00" }`,
		`[ 1, [2,[ 3 ]] ,{"":null,"k\n":[]} ]`, `{"a":1,"a":2}`, `{"a":[1,2`, `"x"`, `{"é":0.10,"b":1e400,"c":1e-400}`,
	} {
		for _, ops := range []string{"", "\x02\x00\x05\x01\x08\x00", "\x00\x00\x00\x01\x04\x00\x05\x00\x01\x00\x06\x00", "\x03\x01\x02\x01\x08\x02\x07\x02\x03\x02\x05\x02\x02\x07\x00\x07\x02\x00"} {
			f.Add([]byte(text), []byte(ops))
		}
	}
	s := load(f, withFunction(editor))
	worker := functionOf(s, 0, 1).Create(0, 0, nil)
	f.Fuzz(func(t *testing.T, text, ops []byte) {
		if len(ops) > 100 || len(text) > 10_000 {
			return
		}
		message := component.NewMessage(bytes.Clone(text))
		message.SetKey(string(ops))
		report := handle(t, worker, message)
		got := message.GetData()
		value, err := jsonview.Parse(text)
		if err != nil || value.Kind() < jsonview.Array {
			if report.Status != StatusError && report.Status != component.Done || !bytes.Equal(got, text) && !json.Valid(got) {
				t.Fatalf("%q became %q, %s", text, got, report)
			}
			return
		}
		tree := newModel(value, texts{})
		if len(ops) < 2 && !bytes.Equal(got, text) || report.Status != component.Done {
			t.Fatalf("%q, %q became %q, %s", text, ops, got, report)
		}
		if tree == nil {
			return
		}
		want := tree.edit(ops)
		var compact, read bytes.Buffer
		if err := json.Compact(&compact, got); err != nil || compact.String() != tree.String() {
			t.Fatalf("%q, %q became %q, %v\nwant %q", text, ops, got, err, tree)
		}
		parts, _ := message.Attribute("read")
		for i, part := range strings.Split(parts, "|") {
			if i > 0 {
				read.WriteByte('|')
			}
			if json.Valid([]byte(part)) && len(part) > 1 && (part[0] == '{' || part[0] == '[') {
				json.Compact(&read, []byte(part))
			} else {
				read.WriteString(part)
			}
		}
		if read.String() != want {
			t.Fatalf("%q, %q\nread %q\nwant %q", text, ops, read.String(), want)
		}
	})
}
