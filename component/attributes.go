package component

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// StageAttributes are the attributes that belong to every stage; no component
// declares them, and none gets them.
var StageAttributes = []string{"name", "workers", "order", "order_by", "retry", "timeout"}

// Validate checks attributes against the declaration and returns them as
// NewFactory gets them: with defaults filled in and every value of the Go type
// that its [Type] names. The input is not changed. All that is wrong is
// reported, joined with errors.Join; each error names the attribute and what to
// do.
func (d *Declaration) Validate(attributes map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(d.Attributes))
	var problems []error
	for _, name := range sortedKeys(attributes) {
		i := slices.IndexFunc(d.Attributes, func(a Attribute) bool { return a.Name == name })
		if i < 0 {
			problems = append(problems, errors.New("unknown attribute "+strconv.Quote(name)+d.suggest(name)))
			continue
		}
		value, err := d.Attributes[i].convert(attributes[name])
		if err != nil {
			problems = append(problems, fmt.Errorf("attribute %q: %w", name, err))
			continue
		}
		out[name] = value
	}
	for _, a := range d.Attributes {
		if _, given := attributes[a.Name]; given {
			continue
		}
		if a.Required {
			problems = append(problems, fmt.Errorf("attribute %q is required: %s", a.Name, firstSentence(a.Doc)))
		} else if a.Default != nil {
			out[a.Name] = a.Default
		}
	}
	return out, errors.Join(problems...)
}

func (d *Declaration) suggest(name string) string {
	names := slices.Clone(StageAttributes)
	for _, a := range d.Attributes {
		names = append(names, a.Name)
	}
	if s := Nearest(name, names); s != "" {
		return "; did you mean " + strconv.Quote(s) + "?"
	}
	if len(d.Attributes) == 0 {
		return "; it takes none of its own"
	}
	return "; it takes " + strings.Join(names[len(StageAttributes):], ", ")
}

func (a *Attribute) convert(value any) (any, error) {
	converted, err := a.Type.convert(value)
	if err != nil && a.Secret {
		return nil, fmt.Errorf("expected %s, got %s", article(a.Type.String()), kind(value))
	}
	if err != nil {
		return nil, err
	}
	if s, ok := converted.(string); ok && len(a.Options) > 0 && !slices.Contains(a.Options, s) {
		hint := ""
		if n := Nearest(s, a.Options); n != "" {
			hint = "; did you mean " + strconv.Quote(n) + "?"
		}
		if a.Secret {
			s = "***"
		}
		return nil, fmt.Errorf("%q is none of %s%s", s, strings.Join(a.Options, ", "), hint)
	}
	if a.Min != nil && less(converted, a.Min) {
		return nil, fmt.Errorf("%v is too small; the least is %v", value, a.Min)
	}
	return converted, nil
}

func (t Type) convert(value any) (any, error) {
	mismatch := fmt.Errorf("expected %s, got %s", article(t.String()), describe(value))
	switch t {
	case String:
		if s, ok := value.(string); ok {
			return s, nil
		}
	case Bool:
		if b, ok := value.(bool); ok {
			return b, nil
		}
	case Int:
		if f, ok := number(value); ok {
			return whole(f, mismatch)
		}
	case Float:
		if f, ok := number(value); ok {
			return f, nil
		}
	case Duration:
		return toDuration(value, mismatch)
	case Size:
		return toSize(value, mismatch)
	case List:
		return toList(value, mismatch)
	case Map:
		switch m := value.(type) {
		case map[string]any:
			return m, nil
		case []any: // an empty Lua table is a list
			if len(m) == 0 {
				return map[string]any{}, nil
			}
		}
	case Any:
		return value, nil
	}
	return nil, mismatch
}

func toDuration(value any, mismatch error) (any, error) {
	switch v := value.(type) {
	case time.Duration:
		return v, nil
	case string:
		d, err := time.ParseDuration(v)
		if err != nil {
			return nil, fmt.Errorf("%q is no duration; write for example \"1m30s\" or \"250ms\"", v)
		}
		return d, nil
	}
	if f, ok := number(value); ok && math.Abs(f) < 9e9 {
		return time.Duration(f * float64(time.Second)), nil
	}
	return nil, mismatch
}

var sizeUnits = []struct {
	suffix string
	factor float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

func toSize(value any, mismatch error) (any, error) {
	if text, ok := value.(string); ok {
		digits, factor := text, 1.0
		for _, u := range sizeUnits {
			if rest, found := strings.CutSuffix(text, u.suffix); found {
				digits, factor = strings.TrimSpace(rest), u.factor
				break
			}
		}
		f, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no size; write for example \"64MiB\" or \"1kB\"", text)
		}
		return whole(f*factor, mismatch)
	}
	if f, ok := number(value); ok {
		return whole(f, mismatch)
	}
	return nil, mismatch
}

func toList(value any, mismatch error) (any, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	case map[string]any: // an empty Lua table may come as a map
		if len(v) == 0 {
			return []string{}, nil
		}
	case []any:
		list := make([]string, len(v))
		for i, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("element %d: expected a string, got %s", i+1, describe(e))
			}
			list[i] = s
		}
		return list, nil
	}
	return nil, mismatch
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

func whole(f float64, mismatch error) (any, error) {
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return nil, mismatch
	}
	return int64(f), nil
}

func less(a, b any) bool {
	switch x := a.(type) {
	case time.Duration:
		y, ok := b.(time.Duration)
		return ok && x < y
	default:
		x1, ok1 := number(a)
		y1, ok2 := number(b)
		return ok1 && ok2 && x1 < y1
	}
}

func article(noun string) string {
	if noun == "any value" {
		return noun
	}
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// describe says what was given.
func describe(value any) string {
	switch v := value.(type) {
	case string:
		if len(v) > 40 {
			v = v[:40] + "…"
		}
		return "the string " + strconv.Quote(v)
	case bool:
		return "the boolean " + strconv.FormatBool(v)
	}
	if f, ok := number(value); ok {
		return "the number " + strconv.FormatFloat(f, 'f', -1, 64)
	}
	return kind(value)
}

// kind says of what kind it is, and not what it is.
func kind(value any) string {
	switch value.(type) {
	case nil:
		return "nil"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case []any, []string:
		return "a list"
	case map[string]any:
		return "a table"
	}
	if _, ok := number(value); ok {
		return "a number"
	}
	return fmt.Sprintf("a %T", value)
}

func firstSentence(doc string) string {
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i+1]
	}
	return doc
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Nearest returns the candidate that name is most likely a misspelling of, or
// "" if none is near: at most a third of its letters are wrong, at least one.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours that make b of a: the optimal string alignment distance, which is
// Damerau's without edits of what was swapped.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost = 1 + min(last[j], row[j], last[j+1])
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cost = min(cost, before[j-1]+1)
			}
			row[j+1] = cost
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
