package conformance

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script"
)

// messageCasesMin is the least number of cases over messages.
const messageCasesMin = 120

// messageCase is a function over messages with what it has to do. In its file
// every line begins with a word: "|" for the body, and what a message is before and,
// with a > behind the word, after. What is not said of it stays as it was.
type messageCase struct {
	name   string
	body   []string
	before []component.StandardMessage
	after  string // as shown does it, or only the report if it is none of done
}

func messageCases(t *testing.T) []messageCase {
	t.Helper()
	files, err := filepath.Glob("testdata/message/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []messageCase
	for _, file := range files {
		for _, b := range blocks(t, file) {
			list = append(list, readMessageCase(t, strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+b.name, b.text))
		}
	}
	return list
}

func readMessageCase(t *testing.T, name, text string) messageCase {
	t.Helper()
	c := messageCase{name: name}
	before, after := component.NewMessage([]byte("{}")), component.NewMessage([]byte("{}"))
	report := "0"
	var sent []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		word, value, _ := strings.Cut(line, " ")
		word, isAfter := strings.CutSuffix(word, ">")
		if word == "quoted" {
			unquoted, err := strconv.Unquote(value)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, line, err)
			}
			word, value = "data", unquoted
		}
		switch word {
		case "|":
			c.body = append(c.body, value)
		case "report":
			report = value
		case "sent":
			sent = append(sent, value)
		case "data", "key", "attribute", "at":
			set(t, after, word, value)
			if !isAfter {
				set(t, before, word, value)
			}
		default:
			t.Fatalf("%s: %q", name, line)
		}
	}
	c.before = []component.StandardMessage{before}
	c.after = answer(report, after, sent)
	return c
}

// set sets what a word names.
func set(t *testing.T, m component.StandardMessage, word, value string) {
	switch word {
	case "data":
		m.SetData([]byte(value))
	case "key":
		m.SetKey(value)
	case "attribute":
		name, value, ok := strings.Cut(value, " ")
		value = strings.Trim(value, `"`)
		if !ok {
			m.DeleteAttribute(name)
			return
		}
		m.SetAttribute(name, value)
	case "at":
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		m.SetTimestamp(int64(seconds * 1e9))
	}
}

// answer is what a function has done, as text: of a message that does not go on, only
// why.
func answer(report string, m component.StandardMessage, sent []string) string {
	text := report
	if report == "0" {
		text += "\n" + shown(m)
	}
	for _, s := range sent {
		text += "\nsent " + s
	}
	return text
}

// reportText is a report as the cases have it: the text of an error is not promised.
func reportText(r component.Report) string {
	switch {
	case r.Status == script.StatusError, r.Status == script.StatusReturn, r.Description == "":
		return strconv.Itoa(int(r.Status))
	}
	return fmt.Sprint(r.Status, " ", r.Description)
}

// TestMessages holds all engines to the cases over messages, and to doing the same for
// a second message of the kind.
func TestMessages(t *testing.T) {
	cases := messageCases(t)
	if len(cases) < messageCasesMin {
		t.Errorf("there are only %d cases", len(cases))
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			ran := 0
			for _, c := range cases {
				source := "local gopiper = require(\"gopiper\") gopiper.createPipeline{ gopiper.stdin{}, function(msg)\n" +
					strings.Join(c.body, "\n") + "\nend, gopiper.stdout{} }"
				outcomes, err := e.run(t, source, clone(c.before[0]), clone(c.before[0]))
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
					continue
				}
				if outcomes[0].engine == e.name {
					ran++
				}
				for _, o := range outcomes {
					if got := answer(reportText(o.report), o.message, o.sent); got != c.after {
						t.Errorf("%s\n%s\ngot:\n%s\nwant:\n%s", c.name, strings.Join(c.body, "\n"), got, c.after)
					}
				}
			}
			t.Logf("%s ran %d of %d cases", e.name, ran, len(cases))
			if ran < len(cases)/4 {
				t.Error("these are too few")
			}
		})
	}
}

// clone is another message like m.
func clone(m component.StandardMessage) component.StandardMessage {
	c := component.NewMessage(append([]byte(nil), m.GetData()...))
	c.SetKey(m.Key())
	c.SetTimestamp(m.Timestamp())
	for name, value := range m.Attributes {
		c.SetAttribute(name, value)
	}
	return c
}
