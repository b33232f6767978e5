package jsonview

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

const event = `{"ts":"2025-03-01T00:00:00.123Z","level":"info","seq":1234567,"host":"web-12.example","service":"checkout","msg":"request \"handled\" in time","http":{"method":"GET","path":"/api/v1/items/4711","status":200,"bytes":51234,"dur_ms":12.75},"tags":["prod","eu"],"user":{"id":90210,"admin":false},"tmp":null}`

var (
	drawnKeys = []string{"a", "b", "c", "", "a.b", "a long key, longer than a word"}
	spellings = map[string][]string{
		"a": {`"a"`, `"a"`, `"\u0061"`}, "b": {`"b"`}, "c": {`"c"`}, "": {`""`}, "a.b": {`"a.b"`, `"a\u002eb"`},
		"a long key, longer than a word": {`"a long key, longer than a word"`, `"a long\u0020key, longer than a word"`},
	}
	drawnScalars = []string{
		"0", "-0", "1.50", "1e9", "12345678901234567890", "true", "false", "null", `""`, `"x"`,
		`"a string of more than eight bytes"`, `"\"\\\/\n"`, `"\u00e9é"`, `"}]{[,:"`,
	}
	drawnSpace = []string{"", "", "", "", " ", "\n  ", "\t"}
)

// drawText draws JSON with keys that repeat, and with space anywhere.
func drawText(t *rapid.T) string { return drawTextOf(t, func([]string) []string { return drawnKeys }) }

// drawUniqueText draws JSON in which no key repeats in an object.
func drawUniqueText(t *rapid.T) string {
	return drawTextOf(t, func(used []string) []string {
		return slices.DeleteFunc(slices.Clone(drawnKeys), func(k string) bool { return slices.Contains(used, k) })
	})
}

// drawTextOf draws JSON of the keys that are left when some are used.
func drawTextOf(t *rapid.T, left func(used []string) []string) string {
	var b strings.Builder
	space := func() { b.WriteString(rapid.SampledFrom(drawnSpace).Draw(t, "space")) }
	var value func(depth int)
	value = func(depth int) {
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth >= 4 || depth > 0 && kind < 2 {
			b.WriteString(rapid.SampledFrom(drawnScalars).Draw(t, "scalar"))
			return
		}
		object := kind < 5
		b.WriteByte("[{"[btoi(object)])
		space()
		var used []string
		for i := range rapid.IntRange(0, 4).Draw(t, "length") {
			if i > 0 {
				b.WriteByte(',')
				space()
			}
			if object {
				key := rapid.SampledFrom(left(used)).Draw(t, "key")
				used = append(used, key)
				b.WriteString(rapid.SampledFrom(spellings[key]).Draw(t, "spelling"))
				space()
				b.WriteByte(':')
				space()
			}
			value(depth + 1)
			space()
		}
		b.WriteByte("]}"[btoi(object)])
	}
	space()
	value(0)
	space()
	return b.String()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func drawPath(t *rapid.T) Path {
	var p Path
	for range rapid.IntRange(1, 3).Draw(t, "steps") {
		if rapid.IntRange(0, 4).Draw(t, "index") == 0 {
			p.steps = append(p.steps, step{index: rapid.IntRange(0, 3).Draw(t, "at")})
			continue
		}
		p.steps = append(p.steps, step{key: rapid.SampledFrom(drawnKeys).Draw(t, "key"), index: noIndex})
	}
	return p
}

func drawEdit(t *rapid.T) Edit {
	p := drawPath(t)
	switch operation(rapid.IntRange(0, 3).Draw(t, "operation")) {
	case setting:
		return Set(p, []byte(rapid.SampledFrom(drawnScalars).Draw(t, "value")))
	case deleting:
		return Delete(p)
	case renaming:
		return Rename(p, rapid.SampledFrom(drawnKeys).Draw(t, "new key"))
	default:
		return Keep(p)
	}
}
