package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if fault, is := os.LookupEnv("BUFFER"); is {
		if err := bufferMain(os.Args[1:], fault); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func TestSumsOfValues(t *testing.T) {
	sum := func(t *testing.T, text string) string {
		t.Helper()
		s := newLineSum(true)
		if _, err := io.WriteString(s, text); err != nil {
			t.Fatal(err)
		}
		if err := s.end(); err != nil {
			t.Fatal(err)
		}
		return s.String()
	}
	base := `{"a":1,"b":{"c":"é","d":[1.5,null]}}` + "\n" + `{"n":12345678901234567890}` + "\n"
	for name, text := range map[string]string{
		"order of members": `{"b":{"d":[1.5,null],"c":"é"},"a":1}` + "\n" + `{"n":12345678901234567890}` + "\n",
		"spaces":           `{ "a" : 1,"b":{"c":"é","d":[1.5, null]}} ` + "\n" + `{"n":12345678901234567890}` + "\n",
		"escapes":          `{"a":1,"b":{"c":"\u00e9","d":[1.5,null]}}` + "\n" + `{"n":12345678901234567890}` + "\n",
		"numbers":          `{"a":1,"b":{"c":"é","d":[1.50,null]}}` + "\n" + `{"n":12345678901234567890}` + "\n",
	} {
		t.Run("equal: "+name, func(t *testing.T) {
			if sum(t, text) != sum(t, base) {
				t.Error("the sums differ")
			}
		})
	}
	for name, text := range map[string]string{
		"order of lines":    `{"n":12345678901234567890}` + "\n" + `{"a":1,"b":{"c":"é","d":[1.5,null]}}` + "\n",
		"order of elements": strings.Replace(base, `[1.5,null]`, `[null,1.5]`, 1),
		"a value":           strings.Replace(base, `"a":1`, `"a":2`, 1),
		"the last digit":    strings.Replace(base, "890}", "891}", 1),
		"a line less":       base[:strings.Index(base, "\n")+1],
		"string for number": strings.Replace(base, `"a":1`, `"a":"1"`, 1),
	} {
		t.Run("different: "+name, func(t *testing.T) {
			if sum(t, text) == sum(t, base) {
				t.Error("the sums are equal")
			}
		})
	}
}

func TestSumsDoNotDependOnWhereTheOutputIsCut(t *testing.T) {
	text := "{\"a\":1}\n{\"b\":[1,2]}\n{}\n"
	for _, values := range []bool{false, true} {
		whole := newLineSum(values)
		if _, err := io.WriteString(whole, text); err != nil {
			t.Fatal(err)
		}
		for i := range len(text) + 1 {
			cut := newLineSum(values)
			for _, part := range []string{text[:i], text[i:]} {
				if n, err := io.WriteString(cut, part); err != nil || n != len(part) {
					t.Fatal(n, err)
				}
			}
			if cut.String() != whole.String() || cut.lines != 3 {
				t.Errorf("cut at %d: %d lines, the sum differs: %t", i, cut.lines, cut.String() != whole.String())
			}
		}
	}
}

func TestBrokenOutputsAreErrors(t *testing.T) {
	for _, text := range []string{"{\n", "{} {}\n", "\n", "{}x\n"} {
		if _, err := io.WriteString(newLineSum(true), text); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
	s := newLineSum(true)
	if _, err := io.WriteString(s, "{}\n{}"); err != nil {
		t.Fatal(err)
	}
	if err := s.end(); err == nil {
		t.Error("no error for a last line without a newline")
	}
}

// small makes a bench with few messages.
func small(t *testing.T) *bench {
	t.Helper()
	b := &bench{root: t.TempDir(), runs: 3, data: map[string]datasets{}}
	for _, k := range []kind{lines, events, keys} {
		full, err := prepare(b.root, k, 200)
		if err != nil {
			t.Fatal(err)
		}
		part, err := prepare(b.root, k, 20)
		if err != nil {
			t.Fatal(err)
		}
		b.data[k.name] = datasets{full: full, part: part}
	}
	return b
}

func TestVerify(t *testing.T) {
	b := small(t)
	cat := program{name: "cat", command: []string{"cat"}}
	slow := program{name: "cat of a part", command: []string{"cat", "{input}"}, slow: true}
	count := program{name: "count", command: []string{"sh", "-c", "wc -l | tr -d ' '"}, counts: true}
	all := func([]byte) bool { return true }
	for _, c := range []struct {
		name     string
		workload workload
		wrong    string // part of the error
	}{
		{"the same", workload{data: lines, programs: []program{cat, slow, count}}, ""},
		{"all kept", workload{data: lines, keep: all, programs: []program{cat, slow}}, ""},
		{"equal values", workload{data: events, edit: func(map[string]any) {}, programs: []program{cat, slow}}, ""},
		{"not edited", workload{data: events, edit: editEvent, programs: []program{cat}}, "cat: wrong output"},
		{"not filtered", workload{data: lines, keep: func([]byte) bool { return false }, programs: []program{cat}}, "wrong output"},
		{"another order", workload{data: lines, programs: []program{{name: "sort", command: []string{"sort"}}}}, "sort: wrong output"},
		{"a line less", workload{data: lines, programs: []program{{name: "tail", command: []string{"tail", "-n", "+2"}}}}, "199 lines"},
		{"a wrong count", workload{data: lines, programs: []program{{name: "echo", command: []string{"echo", "7"}, counts: true}}}, "counts 7 messages of 200"},
		{"distinct", workload{data: keys, distinct: true, programs: []program{{name: "awk", command: []string{"awk", "!seen[$0]++"}}}}, ""},
		{"not distinct", workload{data: keys, distinct: true, programs: []program{cat}}, "expected 182 with"},
		{"a file", workload{data: lines, programs: []program{toFile("cat >")}}, ""},
		{"a wrong file", workload{data: lines, programs: []program{toFile("tail -n +2 >")}}, "199 lines"},
		{"no file", workload{data: lines, programs: []program{toFile("#")}}, "no such file"},
		{"a failure", workload{data: lines, programs: []program{{name: "sh", command: []string{"sh", "-c", "echo why >&2; exit 3"}}}}, "why"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := b.verify(&c.workload)
			switch {
			case c.wrong == "" && err != nil:
				t.Error(err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("expected an error with %q, got %v", c.wrong, err)
			}
		})
	}
}

// toFile runs a script with the path of its output behind it.
func toFile(script string) program {
	return program{
		name: script, command: []string{"sh", "-c", script + ` "$OUTPUT"`},
		env: []string{"OUTPUT={folder}/output"}, writes: "{folder}/output",
	}
}

// A run has a folder of its own, of which nothing is left.
func TestFolder(t *testing.T) {
	b := small(t)
	for _, p := range []program{
		{name: "sh", command: []string{"sh", "-c", `test -d {folder} && test -z "$(ls {folder})" && touch {folder}/x`}},
		{name: "sh", command: []string{"sh", "-c", `touch {folder}/x; exit 3`}},
	} {
		_, err := run(b.root, p, b.data[lines.name].full, nil)
		if fails := strings.Contains(p.command[2], "exit"); (err != nil) != fails {
			t.Errorf("%s: %v", p.command[2], err)
		}
		if left, err := os.ReadDir(scratch(b.root)); err != nil || len(left) > 0 {
			t.Errorf("%s: %v is left, %v", p.command[2], left, err)
		}
	}
}

func TestEditEvent(t *testing.T) {
	event := map[string]any{"msg": "x", "tmp": nil, "other": json.Number("1")}
	editEvent(event)
	text, err := json.Marshal(event)
	if want := `{"env":"prod","message":"x","other":1}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, expected %s", text, err, want)
	}
}

func TestPrepareChecksWhatIsThere(t *testing.T) {
	folder := t.TempDir()
	d, err := prepare(folder, lines, 10)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := prepare(folder, lines, 10); err != nil || again != d {
		t.Errorf("the second time: %+v, %v, expected %+v", again, err, d)
	}
	if err := os.WriteFile(filepath.Join(folder, "lines-10"), []byte("something else\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(folder, lines, 10); err == nil || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("expected an error that says to delete it, got %v", err)
	}
}
