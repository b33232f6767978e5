package dedupe

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
)

// id stands for a key: the first half of its SHA-256, so that nobody finds two
// keys with the same id, not even on purpose.
type id struct{ high, low uint64 }

func sum(data []byte) id {
	h := sha256.Sum256(data)
	return id{binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])}
}

// identity says what of a message its key is: the parts, or its data if there
// are none. It does not change.
type identity struct {
	parts   []part
	missing component.Report // on a message without a key; Done if it passes
	domain  id               // keeps keys apart that are made in different ways
}

// part is a part of a key.
type part struct {
	kind      partKind
	attribute string
	field     jsonview.Path
}

type partKind uint8

const (
	messageKey partKind = iota
	anAttribute
	aField
)

func (p *part) String() string {
	switch p.kind {
	case messageKey:
		return "key"
	case anAttribute:
		return "attribute " + strconv.Quote(p.attribute)
	}
	return "field " + p.field.String()
}

func newIdentity(attributes map[string]any) (identity, error) {
	var x identity
	var problems []error
	if byKey, _ := attributes["by_key"].(bool); byKey {
		x.parts = append(x.parts, part{kind: messageKey})
	}
	names, given := attributes["attribute"].([]string)
	if given && (len(names) == 0 || slices.Contains(names, "")) {
		problems = append(problems, errors.New(`attribute "attribute": is empty; name one, or leave it out`))
	}
	for _, name := range names {
		x.parts = append(x.parts, part{kind: anAttribute, attribute: name})
	}
	paths, given := attributes["field"].([]string)
	if given && len(paths) == 0 {
		problems = append(problems, errors.New(`attribute "field": is empty; give a path, or leave it out`))
	}
	for _, text := range paths {
		path, err := jsonview.ParsePath(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("attribute \"field\": %w", err))
		}
		x.parts = append(x.parts, part{kind: aField, field: path})
	}
	switch attributes["missing"] {
	case "drop":
		x.missing.Status = component.Drop
	case "fail":
		x.missing.Status = StatusMissing
	}
	made := "how keys are made, 1"
	for i := range x.parts {
		made += "\n" + x.parts[i].String()
	}
	x.domain = sum([]byte(made))
	return x, errors.Join(problems...)
}

// of returns the id of the message's key. ok tells that it has one; if not,
// report is what becomes of the message. scratch is memory to use, and is
// returned as it has grown.
func (x *identity) of(message component.Message, scratch []byte) (k id, ok bool, report component.Report, _ []byte) {
	if len(x.parts) == 0 {
		return x.within(sum(message.GetData())), true, report, scratch
	}
	scratch = scratch[:0]
	for i := range x.parts {
		var err error
		if scratch, ok, err = x.parts[i].append(scratch, message); err != nil {
			return k, false, component.Report{Status: StatusInvalid, Description: "not JSON: " + err.Error()}, scratch
		}
		if !ok {
			report = x.missing
			if report.Status == StatusMissing {
				report.Description = "it has no " + x.parts[i].String()
			}
			return k, false, report, scratch
		}
	}
	return x.within(sum(scratch)), true, report, scratch
}

func (x *identity) within(k id) id { return id{k.high ^ x.domain.high, k.low ^ x.domain.low} }

// append appends the part of a message's key to dst: what it is, how long it is,
// and its text. ok is false if it is missing; the error says that the message is
// not JSON.
func (p *part) append(dst []byte, message component.Message) (_ []byte, ok bool, err error) {
	if p.kind == aField {
		value, err := jsonview.Get(message.GetData(), p.field)
		if err != nil || value.Kind() <= jsonview.Null {
			return dst, false, err
		}
		dst, start := begin(dst, byte(value.Kind()))
		return end(value.AppendText(dst), start), true, nil
	}
	m, _ := message.(component.StandardMessage)
	if m == nil {
		return dst, false, nil
	}
	text := ""
	if p.kind == messageKey {
		text = m.Key()
		ok = text != ""
	} else {
		text, ok = m.Attribute(p.attribute)
	}
	if !ok {
		return dst, false, nil
	}
	dst, start := begin(dst, byte(jsonview.String))
	return end(append(dst, text...), start), true, nil
}

// begin appends what kind of value follows, and room for its length, which end
// fills in.
func begin(dst []byte, kind byte) (_ []byte, start int) {
	dst = append(dst, kind, 0, 0, 0, 0)
	return dst, len(dst)
}

func end(dst []byte, start int) []byte {
	binary.LittleEndian.PutUint32(dst[start-4:], uint32(len(dst)-start))
	return dst
}
