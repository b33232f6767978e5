package filter

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/gopiper/gopiper/jsonview"
)

// kind is what a message has where a test looks, or what a test compares it
// with.
type kind uint8

const (
	missing  kind = iota
	other         // null, an object or an array
	text          // a whole message or an attribute: a string that may spell something else
	aString       // what follows are the kinds of what a test compares with
	aNumber       //
	aBoolean      //
)

// readable tells whether it has a text to look into.
func (k kind) readable() bool { return k >= text }

func kindOf(k jsonview.Kind) kind {
	switch k {
	case jsonview.Missing:
		return missing
	case jsonview.String:
		return aString
	case jsonview.Number:
		return aNumber
	case jsonview.Bool:
		return aBoolean
	}
	return other
}

// operand is one side of a comparison: its kind, its text, and, on the side of
// the test, the number that it is.
type operand struct {
	kind   kind
	text   []byte
	number number
}

// number is a JSON number: exact if it is whole and fits.
type number struct {
	whole   bool
	integer int64
	float   float64
}

func parseNumber(digits []byte) number {
	if isWhole(digits) {
		if n, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			return number{whole: true, integer: n, float: float64(n)}
		}
	}
	f, _ := strconv.ParseFloat(string(digits), 64) // out of range: infinite
	return number{float: f}
}

func isWhole(digits []byte) bool {
	for _, c := range digits {
		if c > '9' || c == '.' {
			return false
		}
	}
	return true
}

func (n number) compare(m number) int {
	if n.whole && m.whole {
		return cmp.Compare(n.integer, m.integer)
	}
	return cmp.Compare(n.float, m.float)
}

// against returns how o compares with what a test wants: negative, 0 or
// positive; and false if they cannot be compared.
func (o operand) against(wanted *operand) (int, bool) {
	if o.kind == text && wanted.kind != aString {
		o = spelled(o.text)
	}
	switch {
	case o.kind != wanted.kind && o.kind != text:
		return 0, false
	case wanted.kind == aNumber:
		return parseNumber(o.text).compare(wanted.number), true
	}
	return bytes.Compare(o.text, wanted.text), true
}

// spelled returns the number or boolean that a text spells, if it does.
func spelled(text []byte) operand {
	value := jsonview.TryParse(text)
	switch k := kindOf(value.Kind()); k {
	case aNumber, aBoolean:
		return operand{kind: k, text: value.Raw()}
	}
	return operand{kind: other}
}

// relation is a test that compares.
type relation struct {
	name    string
	ordered bool // of numbers and strings only
	list    bool // with any of a list
	not     bool // holds if it does not, also of what is missing
	holds   func(int) bool
}

var comparisons = []relation{
	{name: "equals", holds: func(c int) bool { return c == 0 }},
	{name: "not_equals", holds: func(c int) bool { return c == 0 }, not: true},
	{name: "one_of", holds: func(c int) bool { return c == 0 }, list: true},
	{name: "less_than", holds: func(c int) bool { return c < 0 }, ordered: true},
	{name: "at_most", holds: func(c int) bool { return c <= 0 }, ordered: true},
	{name: "more_than", holds: func(c int) bool { return c > 0 }, ordered: true},
	{name: "at_least", holds: func(c int) bool { return c >= 0 }, ordered: true},
}

// comparison is a relation and what it compares with.
type comparison struct {
	relation
	wanted []operand
}

func newComparison(r relation, value any) (comparison, error) {
	c := comparison{relation: r}
	values := []any{value}
	if r.list {
		switch list := value.(type) {
		case []any:
			values = list
		case []string:
			values = nil
			for _, s := range list {
				values = append(values, s)
			}
		default:
			return c, fmt.Errorf("expected a list, got %s", describe(value))
		}
		if len(values) == 0 {
			return c, errors.New("the list is empty: nothing is one of it")
		}
	}
	for _, v := range values {
		o, err := newOperand(v, r.ordered)
		if err != nil {
			return c, err
		}
		c.wanted = append(c.wanted, o)
	}
	return c, nil
}

func newOperand(value any, ordered bool) (operand, error) {
	switch v := value.(type) {
	case string:
		return operand{kind: aString, text: []byte(v)}, nil
	case bool:
		if !ordered {
			return operand{kind: aBoolean, text: strconv.AppendBool(nil, v)}, nil
		}
	case int, int64, float64:
		digits, err := jsonview.Append(nil, v)
		if err != nil {
			return operand{}, err
		}
		return operand{kind: aNumber, number: parseNumber(digits)}, nil
	}
	if ordered {
		return operand{}, fmt.Errorf("expected a number or a string, got %s", describe(value))
	}
	return operand{}, fmt.Errorf("expected a string, number or boolean, got %s", describe(value))
}

func describe(value any) string {
	switch value.(type) {
	case nil:
		return "nil"
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprintf("a %T", value)
}

// holds tells whether the comparison holds of what a message has.
func (c *comparison) holds(o operand) bool {
	for i := range c.wanted {
		if order, ok := o.against(&c.wanted[i]); ok && c.relation.holds(order) {
			return !c.not
		}
	}
	return c.not
}
