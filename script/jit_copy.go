package script

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/script/luajit"
)

// This file is msg:copy() and msg:emit() on LuaJIT. To Lua a copy is an object with
// its number, and the message's as its generation.

// emittedMax bounds, in bytes, what a function may emit for one message.
const emittedMax = DefaultCallOutput

// sync gives the message what was assigned, beside its JSON: the arguments are bits
// of what was, the data, the key, the timestamp, and the attributes.
func (s *jitSeat) sync(c *luajit.Call) error {
	bits, _ := c.Number(0)
	data, _ := c.Bytes(1)
	if int(bits)&1 != 0 {
		setBytes(s.view.message, data)
		s.view.data = nil
	}
	m, ok := s.view.message.(component.StandardMessage)
	if !ok {
		return nil
	}
	if key, _ := c.Bytes(2); int(bits)&2 != 0 {
		m.SetKey(string(key))
	}
	if at, _ := c.Number(3); int(bits)&4 != 0 {
		m.SetTimestamp(int64(at * 1e9))
	}
	list, _ := c.Value(4).(*luajit.Table)
	for i := 0; list != nil && i+1 < len(list.Items); i += 2 {
		name, _ := list.Items[i].(string)
		if value, set := list.Items[i+1].(string); set {
			m.SetAttribute(name, value)
		} else {
			m.DeleteAttribute(name)
		}
	}
	return nil
}

// viewOf is the view of the message, or of the copy that the first argument is.
func (s *jitSeat) viewOf(c *luajit.Call) (*view, error) {
	o, ok := c.Object(0)
	if !ok {
		return &s.view, nil
	}
	return s.copyAt(o)
}

func (s *jitSeat) copyAt(o luajit.Object) (*view, error) {
	switch o.Kind {
	case luajit.Copy, luajit.CopyAttributes:
		if n := int(o.Number); o.Generation == s.view.calls && n < len(s.copies) {
			return s.copies[n], nil
		}
		return nil, errMessageOver
	case luajit.Kept, luajit.KeptAttributes:
		if k := s.table.keptAt(o); k != nil {
			return &k.view, nil
		}
		return nil, errKeptOver
	case luajit.Batched, luajit.BatchedAttributes:
		if o.Generation == s.table.stamp && int(o.Number) < len(s.table.views) {
			return s.table.views[o.Number], nil
		}
		return nil, errMessageOver
	}
	return nil, errors.New("it is no message, but a part of msg.json")
}

// isAttributes tells whether an object is a message's attributes.
func isAttributes(o luajit.Object) bool { return o.Kind >= luajit.CopyAttributes }

// copy is msg:copy().
func (s *jitSeat) copy(c *luajit.Call) error {
	v, err := s.viewOf(c)
	if err != nil {
		return err
	}
	p, err := v.snapshot()
	if err != nil {
		return err
	}
	s.copies = append(s.copies, v.origin().copyOf(&p))
	c.ReturnObject(luajit.Object{Kind: luajit.Copy, Number: uint32(len(s.copies) - 1), Generation: s.view.calls})
	return nil
}

// emit is msg:emit().
func (s *jitSeat) emit(c *luajit.Call) error {
	v, err := s.viewOf(c)
	if err != nil {
		return err
	}
	if s.table != nil {
		return s.table.emit(v)
	}
	if err := s.view.emits(); err != nil {
		return err
	}
	p, err := s.taken(v)
	if err != nil {
		return err
	}
	s.emitted = append(s.emitted, jitPart{s.current, p})
	return nil
}

// taken is a snapshot to be emitted.
func (s *jitSeat) taken(v *view) (part, error) {
	p, err := v.snapshot()
	if err == nil {
		err = s.charge(&p)
	}
	return p, err
}

// charge counts what is emitted for the message at hand.
func (s *jitSeat) charge(p *part) error {
	if s.emittedBytes += p.size(); s.emittedBytes > emittedMax {
		s.limited = append(s.limited, s.current)
		return fmt.Errorf("the function writes more than %d MiB for one message", emittedMax>>20)
	}
	return nil
}

// snapshot keeps a copy that was returned and answers with its number, or with nil
// and what is wrong.
func (s *jitSeat) snapshot(c *luajit.Call) error {
	o, _ := c.Object(0)
	v, err := s.copyAt(o)
	if err == nil && (o.Kind != luajit.Copy || v.copied != &s.view) {
		err = errors.New("no copy")
	}
	if err != nil {
		return errors.Join(c.Return(nil), c.Return(jitDescribe(o)+" that is neither the message it was given nor a copy of it"))
	}
	p, err := v.snapshot()
	if err != nil {
		return errors.Join(c.Return(nil), c.Return("a copy that cannot be sent on: "+err.Error()))
	}
	s.snapshots = append(s.snapshots, p)
	c.ReturnNumber(float64(len(s.snapshots) - 1))
	return nil
}

// getOfCopy reads a field of a copy, or one of its attributes.
func (s *jitSeat) getOfCopy(c *luajit.Call, o luajit.Object) error {
	v, err := s.copyAt(o)
	if err != nil {
		return err
	}
	m, standard := v.message.(component.StandardMessage)
	name, ok := jitTextOf(c.Value(1))
	if !standard && name != "data" && name != "json" {
		return errDataOnly
	}
	if isAttributes(o) {
		if !ok {
			return fmt.Errorf("an attribute's name is a string, not %s", jitDescribe(c.Value(1)))
		}
		if value, set := m.Attribute(name); set {
			return c.Return(value)
		}
		return c.Return(nil)
	}
	switch name {
	case "data":
		text, err := v.text()
		if err != nil {
			return err
		}
		return c.Return(lua.LVAsString(text))
	case "json":
		return s.root(c, v)
	case "key":
		if key := m.Key(); key != "" {
			return c.Return(key)
		}
		return c.Return(nil)
	case "timestamp":
		if at := m.Timestamp(); at != 0 {
			return c.Return(float64(at) / 1e9)
		}
		return c.Return(nil)
	}
	return jitNoField(c)
}

func jitNoField(c *luajit.Call) error {
	name := jitText(c.Value(1))
	return fmt.Errorf("a message has no field %q%s", name, suggest(name, messageFields))
}

// setOfCopy assigns a field of a copy, or one of its attributes.
func (s *jitSeat) setOfCopy(c *luajit.Call, o luajit.Object) error {
	v, err := s.copyAt(o)
	if err != nil {
		return err
	}
	if err := v.changeable(); err != nil {
		return err
	}
	m, standard := v.message.(component.StandardMessage)
	name, named := jitTextOf(c.Value(1))
	text, ok := jitTextOf(c.Value(2))
	if !standard && name != "data" && name != "json" {
		return errDataOnly
	}
	if isAttributes(o) {
		switch {
		case !named:
			return fmt.Errorf("an attribute's name is a string, not %s", jitDescribe(c.Value(1)))
		case c.IsNil(2):
			m.DeleteAttribute(name)
		case !ok:
			return fmt.Errorf("the attribute %q is a string or nil, not %s; use tostring(…)", name, jitDescribe(c.Value(2)))
		default:
			m.SetAttribute(name, text)
		}
		return nil
	}
	switch name {
	case "data":
		if !ok {
			return fmt.Errorf("msg.data is a string, not %s", jitDescribe(c.Value(2)))
		}
		if v.json != nil && v.json.open {
			v.json.forget()
		}
		setData(v.message, text)
		v.data = lua.LString(text)
	case "key":
		if !ok && !c.IsNil(2) {
			return fmt.Errorf("msg.key is a string or nil, not %s", jitDescribe(c.Value(2)))
		}
		m.SetKey(text)
	case "timestamp":
		at, ok := nanoseconds(jitToLua(s, c.Value(2)))
		if !ok {
			return fmt.Errorf("msg.timestamp is a number of seconds since 1970 or nil, not %s", jitDescribe(c.Value(2)))
		}
		m.SetTimestamp(at)
	case "json":
		return s.assign(c, 2, v)
	case "copy", "emit", "keep", "release":
		return fmt.Errorf("msg.%s is a method and cannot be assigned", name)
	case "attributes":
		return errors.New("msg.attributes cannot be assigned as a whole; assign its fields: msg.attributes.name = value")
	default:
		return jitNoField(c)
	}
	return nil
}

// attributesOfCopy is a list of names and values.
func (s *jitSeat) attributesOfCopy(c *luajit.Call, o luajit.Object) error {
	v, err := s.copyAt(o)
	if err != nil {
		return err
	}
	m, standard := v.message.(component.StandardMessage)
	if !standard {
		return errDataOnly
	}
	list := &luajit.Table{}
	for name, value := range m.Attributes {
		list.Items = append(list.Items, name, value)
	}
	return c.Return(list)
}

// value is a value of a document, or a part of it, to be put into a table.
func (s *jitSeat) value(v *view, value jsonview.Value, node *jsonview.Node) any {
	var c luajit.Call
	if err := s.answer(&c, s.openView(v), value, node, nil); err != nil {
		return nil
	}
	return c.Returned()
}
