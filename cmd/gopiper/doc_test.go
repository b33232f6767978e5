package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// What a component promises stands on its page, in each form.
func TestDocDelivery(t *testing.T) {
	both := &component.Declaration{
		Name: "both", Roles: component.Source | component.Sink, Summary: "Does.",
		Attributes: []component.Attribute{{Name: "sync", Type: component.String, Doc: "When."}, {Name: "resume", Type: component.Bool, Doc: "Where."}},
		Delivery: []component.Promise{
			{Delivery: component.Confirming, Attribute: "sync", Value: "always", Doc: "it waits"},
			{Delivery: component.Replayable, Attribute: "resume", Value: true, Durable: true, Doc: "it goes on. In order."},
			{Delivery: component.Unconfirmed, Doc: "it does not"},
			{Delivery: component.FireAndForget, Doc: "it cannot"},
		},
	}
	sentences := []string{
		"As a source with `resume = true` and a state directory it is **replayable**: it goes on. In order.",
		"As a source in all other cases it is **fire-and-forget**: it cannot.",
		"As a sink with `sync = \"always\"` it is **confirming**: it waits.",
		"As a sink in all other cases it is **unconfirmed**: it does not.",
	}
	for _, test := range []struct {
		name string
		d    *component.Declaration
		want []string
	}{
		{"by attributes", both, sentences},
		{"none", &component.Declaration{Name: "x", Roles: component.Source | component.Sink | component.Processor}, []string{
			"As a source it is **undeclared**: it does not say what it promises, so nothing is assumed.",
			"As a sink it is **undeclared**: it does not say what it promises, so nothing is assumed.",
		}},
		{"for one role", &component.Declaration{Name: "x", Roles: component.Source | component.Sink,
			Delivery: []component.Promise{{Delivery: component.Idempotent, Doc: "twice is once"}}}, []string{
			"As a source it is **undeclared**: it does not say what it promises, so nothing is assumed.",
			"As a sink it is **idempotent**: twice is once.",
		}},
		{"a processor", &component.Declaration{Name: "x", Roles: component.Processor}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := declare(test.d)
			_, section, found := strings.Cut(d.markdown(), "\n## Delivery\n")
			section, _, _ = strings.Cut(section, "\n## ")
			var got []string
			for line := range strings.Lines(section) {
				if text, isItem := strings.CutPrefix(strings.TrimSpace(line), "- "); isItem {
					got = append(got, text)
				}
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") || found != (test.want != nil) {
				t.Errorf("%q\nwant\n%q", got, test.want)
			}
			if text := d.text(); strings.Contains(text, "DELIVERY") != found || strings.Contains(text, "**") {
				t.Errorf("on a terminal it is\n%s", text)
			}
		})
	}
	text, err := json.Marshal(declare(both).Delivery[0])
	if want := `{"role":"source","with":["resume = true","a state directory"],"promise":"replayable","doc":"it goes on. In order"}`; err != nil || string(text) != want {
		t.Errorf("as JSON it is %s, %v", text, err)
	}
}
