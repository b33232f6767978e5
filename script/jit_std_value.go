package script

import (
	"errors"
	"fmt"

	"github.com/gopiper/gopiper/script/luajit"
	"github.com/gopiper/gopiper/script/std"
)

// jitTables reads the arguments of the library's functions. It uses tables
// again, for the library keeps none.
type jitTables struct {
	reader luajit.Reader
	item   luajit.Item   // that was read last
	left   int           // values that the arguments may still hold
	tables std.Tables    // of the arguments
	orders [4]fieldOrder // of their fields, by how deep they are
}

// gather reads the arguments of a function.
func (b *jitStandard) gather(f *std.Function, count int) error {
	b.arguments, b.left = b.arguments[:0], argumentsMax
	for i := 1; i <= count; i++ {
		b.reader.Next(&b.item)
		b.arguments = append(b.arguments, std.Value{})
		if err := b.fromLua(&b.arguments[i-1], 0); err != nil {
			return fmt.Errorf("bad argument #%d to '%s' (%w)", i, f.Short(), err)
		}
	}
	return nil
}

// smallArguments is how many bytes of arguments may stay in memory after a call.
const smallArguments = 1 << 10

// forget lets go of the arguments.
func (b *jitStandard) forget() {
	if b.reader.Size() <= smallArguments {
		b.tables.Leave()
		return
	}
	clear(b.arguments)
	b.reader, b.item = luajit.Reader{}, luajit.Item{}
	b.tables.Release()
}

// fromLua turns the item that was read last into a value of the library, which is
// empty before. With an error, too, all of it has been read, unless there is more than
// the arguments may hold.
func (b *jitStandard) fromLua(value *std.Value, depth int) error {
	p := &b.item
	switch p.Kind {
	case luajit.IsString:
		value.Kind, value.Text = std.String, p.Text
	case luajit.IsNumber:
		value.Kind, value.Number = std.Number, p.Number
	case luajit.IsTable:
		t, err := b.fromTable(depth)
		value.Kind, value.Table = std.Map, t
		return err
	case luajit.IsNil:
	case luajit.IsTrue, luajit.IsFalse:
		value.Kind, value.Bool = std.Boolean, p.Kind == luajit.IsTrue
	case luajit.IsNull:
		value.Kind = std.Null
	case luajit.IsExact:
		value.Kind, value.Text = std.Exact, p.Text
	case luajit.IsObject:
		var err error
		*value, err = b.fromObject(p.Object)
		return err
	default:
		value.Kind, value.Text = std.Other, p.Text
	}
	return nil
}

func (b *jitStandard) fromObject(o luajit.Object) (std.Value, error) {
	switch o.Kind {
	case luajit.Counter, luajit.Gauge:
		return std.Value{Kind: std.Object, Object: b.objects[o.Number]}, nil
	case luajit.JSONObject, luajit.JSONArray:
		if b.seat == nil {
			return std.Value{}, errFragmentOver
		}
		_, f, err := b.seat.fragment(o)
		if err != nil {
			return std.Value{}, err
		}
		out, err := f.text(nil)
		return std.Value{Kind: std.JSON, Text: string(out)}, err
	}
	return std.Value{Kind: std.Other, Text: jitObjectNames[o.Kind]}, nil
}

// fromTable reads what is in the table that was read last. Of several errors it
// returns that of the element that comes first.
func (b *jitStandard) fromTable(depth int) (*std.Table, error) {
	items, fields, mark := b.item.Items, b.item.Fields, b.item.Mark
	if depth >= argumentDepthMax {
		b.skip(items + 2*fields)
		return nil, fmt.Errorf("tables are nested deeper than %d, or in themselves", argumentDepthMax)
	}
	if b.left -= items + fields; b.left < 0 {
		return nil, fmt.Errorf("its tables hold more than %d values; does one contain itself?", argumentsMax)
	}
	t := b.tables.Take()
	t.Array = mark == luajit.MarkedArray
	var first error
	for i := range items {
		b.reader.Next(&b.item)
		t.List = append(t.List, std.Value{})
		if err := b.fromLua(&t.List[i], depth+1); err != nil && first == nil {
			first = deeper(fmt.Sprintf("[%d]", i+1), depth, err)
		}
		if b.left < 0 {
			return nil, first
		}
	}
	if fields == 0 || first != nil {
		b.skip(2 * fields)
	} else if first = b.fields(t, fields, depth); first != nil {
		return nil, first
	}
	if first == nil && items > 0 && mark == luajit.MarkedObject {
		first = errors.New("a gopiper.object has names, not numbers; use tostring(…) for its keys")
	}
	return t, first
}

// fields reads the fields of a table and sorts them.
func (b *jitStandard) fields(t *std.Table, count, depth int) error {
	var first, wrong error // of the names, and of a key
	at := ""
	sorted, last := true, ""
	for range count {
		name, named := b.reader.Text()
		if !named {
			b.reader.Next(&b.item)
			if wrong == nil {
				wrong = b.badKey(len(t.List))
			}
			b.skipItem()
			b.skip(1)
			continue
		}
		sorted, last = sorted && last <= name, name
		t.Names = append(t.Names, name)
		if text, ok := b.reader.Text(); ok {
			t.Fields = append(t.Fields, std.Text(text))
			continue
		}
		b.reader.Next(&b.item)
		t.Fields = append(t.Fields, std.Value{})
		if err := b.fromLua(&t.Fields[len(t.Fields)-1], depth+1); err != nil && (first == nil || name < at) {
			first, at = deeper("."+name, depth, err), name
		}
		if b.left < 0 {
			return first
		}
	}
	if wrong != nil {
		return wrong
	}
	if !sorted {
		b.orders[depth%len(b.orders)].sort(t)
	}
	return first
}

// fewFields is how many fields are sorted in a way of their own.
const fewFields = 16

// fieldOrder is in which order the fields of a table were sorted: one that comes
// after it often has the same names in the same places.
type fieldOrder struct {
	count int
	from  [fewFields]uint8
}

// sort sorts the fields by name. A few of them are moved once each: moving a field
// costs more than comparing names.
func (o *fieldOrder) sort(t *std.Table) {
	if len(t.Names) > fewFields {
		t.Sort()
		return
	}
	if !o.fits(t.Names) {
		o.find(t.Names)
	}
	from := o.from
	for i := range t.Names {
		if int(from[i]) == i {
			continue
		}
		name, field, to := t.Names[i], t.Fields[i], i
		for at := int(from[to]); at != i; at = int(from[to]) {
			t.Names[to], t.Fields[to] = t.Names[at], t.Fields[at]
			from[to], to = uint8(to), at
		}
		t.Names[to], t.Fields[to], from[to] = name, field, uint8(to)
	}
}

// fits tells whether the order is that of these names.
func (o *fieldOrder) fits(names []string) bool {
	if len(names) != o.count {
		return false
	}
	for i := 1; i < len(names); i++ {
		if names[o.from[i-1]] > names[o.from[i]] {
			return false
		}
	}
	return true
}

// find finds the order of names, which are few.
func (o *fieldOrder) find(names []string) {
	var prefixes [fewFields]uint64 // in the order
	for i, name := range names {
		prefix, at := prefixOf(name), i
		for ; at > 0 && (prefix < prefixes[at-1] || prefix == prefixes[at-1] && name < names[o.from[at-1]]); at-- {
			prefixes[at], o.from[at] = prefixes[at-1], o.from[at-1]
		}
		prefixes[at], o.from[at] = prefix, uint8(i)
	}
	o.count = len(names)
}

// prefixOf returns the first bytes of a text as a number: texts of different ones are
// in their order.
func prefixOf(text string) (prefix uint64) {
	for i := range min(len(text), 8) {
		prefix |= uint64(text[i]) << (56 - 8*i)
	}
	return prefix
}

// badKey says what is wrong with the key that was read last, of a table with so many
// items.
func (b *jitStandard) badKey(items int) error {
	p := &b.item
	var key any
	switch p.Kind {
	case luajit.IsNumber:
		return fmt.Errorf("a list has the elements 1, 2, 3 and so on without a hole; [%s] comes where [%d] is expected",
			std.FormatNumber(p.Number), items+1)
	case luajit.IsTrue, luajit.IsFalse:
		key = p.Kind == luajit.IsTrue
	case luajit.IsTable:
		key = luajit.Other("table")
	case luajit.IsObject:
		key = p.Object
	case luajit.IsNull:
		key = luajit.Null{}
	case luajit.IsExact:
		key = luajit.Exact(p.Text)
	case luajit.IsOther:
		key = luajit.Other(p.Text)
	}
	return fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %s", jitDescribe(key))
}

// skip reads so many values, with what is in them.
func (b *jitStandard) skip(count int) {
	for range count {
		b.reader.Next(&b.item)
		b.skipItem()
	}
}

// skipItem reads what is in the value that was read last.
func (b *jitStandard) skipItem() {
	if b.item.Kind == luajit.IsTable {
		b.skip(b.item.Items + 2*b.item.Fields)
	}
}

// give adds a value of the library to the results of a call.
func (b *jitStandard) give(c *luajit.Call, value *std.Value) {
	switch value.Kind {
	case std.String:
		c.ReturnText(value.Text)
	case std.Number:
		c.ReturnNumber(value.Number)
	case std.Map:
		b.giveTable(c, value.Table)
	case std.Boolean:
		c.ReturnBool(value.Bool)
	case std.Null:
		c.ReturnNull()
	case std.Exact:
		c.ReturnExact(value.Text)
	case std.Object:
		c.ReturnObject(b.object(value.Object))
	default:
		c.ReturnNil()
	}
}

func (b *jitStandard) giveTable(c *luajit.Call, t *std.Table) {
	mark := luajit.Unmarked
	if t.Array {
		mark = luajit.MarkedArray
	}
	fields := len(t.Names)
	for i := range t.Fields {
		if t.Fields[i].Kind == std.Nil {
			fields--
		}
	}
	c.ReturnTable(len(t.List), fields, mark)
	for i := range t.List {
		b.give(c, &t.List[i])
	}
	for i := range t.Fields {
		if t.Fields[i].Kind != std.Nil {
			c.ReturnText(t.Names[i])
			b.give(c, &t.Fields[i])
		}
	}
}
