package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/observe"
	"github.com/gopiper/gopiper/plan"
)

type docCommand struct {
	Name     string `arg:"" help:"A built-in's name, or the path of a plugin."`
	Markdown bool   `xor:"format" help:"Print Markdown."`
	JSON     bool   `name:"json" xor:"format" help:"Print JSON."`
}

// Run shows a component's documentation.
func (c *docCommand) Run() error {
	loaded, err := loader.Load(c.Name)
	if err != nil {
		return invalid{err}
	}
	if loaded.Declaration == nil {
		return invalidf("%s: the component declares nothing, so there is no documentation; its author adds it with `var Declaration component.Declaration`", c.Name)
	}
	d := declare(loaded.Declaration)
	switch {
	case c.JSON:
		return showJSON(d)
	case c.Markdown:
		return show(d.markdown())
	default:
		return show(d.text())
	}
}

// declared is a declaration for people and tools.
type declared struct {
	Name       string              `json:"name"`
	Roles      []string            `json:"roles"`
	Summary    string              `json:"summary"`
	Doc        string              `json:"doc,omitempty"`
	Example    string              `json:"example,omitempty"`
	Stateful   bool                `json:"stateful,omitempty"`
	Delivery   []declaredPromise   `json:"delivery,omitempty"`
	Attributes []declaredAttribute `json:"attributes"`
}

// declaredPromise is what a component promises in a role.
type declaredPromise struct {
	Role    string   `json:"role"`
	With    []string `json:"with,omitempty"` // what it takes, if no promise before it holds
	Promise string   `json:"promise"`
	Doc     string   `json:"doc"`
}

type declaredAttribute struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Required bool     `json:"required,omitempty"`
	Secret   bool     `json:"secret,omitempty"`
	Default  string   `json:"default,omitempty"` // as a pipeline would write it
	Options  []string `json:"options,omitempty"`
	Min      string   `json:"min,omitempty"`
	Doc      string   `json:"doc"`
}

func declare(d *component.Declaration) declared {
	out := declared{
		Name: d.Name, Roles: strings.Split(d.Roles.String(), ", "), Summary: d.Summary,
		Doc: strings.TrimSpace(d.Doc), Example: strings.TrimSpace(d.Example), Stateful: d.Stateful,
		Delivery: promises(d), Attributes: []declaredAttribute{},
	}
	for _, a := range d.Attributes {
		out.Attributes = append(out.Attributes, declaredAttribute{
			Name: a.Name, Type: a.Type.String(), Required: a.Required, Secret: a.Secret,
			Default: written(a.Type, a.Default), Options: a.Options, Min: written(a.Type, a.Min),
			Doc: strings.TrimSpace(a.Doc),
		})
	}
	return out
}

// promises lists what a component promises, as a source first. One that may be a
// source or a sink and promises nothing as such says so, too.
func promises(d *component.Declaration) (list []declaredPromise) {
	for _, role := range []component.Roles{component.Source, component.Sink} {
		before := len(list)
		for _, p := range d.Delivery {
			if p.Delivery.Role() != role {
				continue
			}
			promise := declaredPromise{Role: role.String(), Promise: p.Delivery.String(), Doc: strings.TrimSuffix(p.Doc, ".")}
			for _, a := range d.Attributes {
				if a.Name == p.Attribute {
					promise.With = append(promise.With, p.Attribute+" = "+written(a.Type, p.Value))
				}
			}
			if p.Durable {
				promise.With = append(promise.With, "a state directory")
			}
			list = append(list, promise)
		}
		if len(list) == before && d.Roles.Has(role) {
			list = append(list, declaredPromise{Role: role.String(), Promise: component.Delivery(0).String(),
				Doc: "it does not say what it promises, so nothing is assumed"})
		}
	}
	return list
}

// sentence is the promise in words; first says that none stands before it for its
// role.
func (p *declaredPromise) sentence(first bool, code, strong func(string) string) string {
	var with []string
	for _, w := range p.With {
		if strings.Contains(w, " = ") {
			w = code(w)
		}
		with = append(with, w)
	}
	condition := ""
	switch {
	case len(with) > 0:
		condition = " with " + strings.Join(with, " and ")
	case !first:
		condition = " in all other cases"
	}
	return "As a " + p.Role + condition + " it is " + strong(p.Promise) + ": " + p.Doc + "."
}

// written is a value as a pipeline would write it.
func written(t component.Type, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return fmt.Sprintf("%q", v)
	case time.Duration:
		return fmt.Sprintf("%q", shortDuration(v))
	case []string:
		return "{ " + strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%q", v), "["), "]") + " }"
	case int64:
		if t == component.Size && v >= 1<<10 && v%(1<<10) == 0 {
			return fmt.Sprintf("%q", strings.NewReplacer(".0", "", " ", "").Replace(observe.Bytes(uint64(v))))
		}
	}
	return fmt.Sprint(value)
}

// shortDuration is "1m" where time.Duration writes "1m0s".
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// facts lists what there is to know of an attribute beside its documentation.
func (a *declaredAttribute) facts(code func(string) string) string {
	facts := []string{a.Type}
	if len(a.Options) > 0 {
		options := make([]string, len(a.Options))
		for i, o := range a.Options {
			options[i] = code(fmt.Sprintf("%q", o))
		}
		facts = append(facts, "one of "+strings.Join(options, ", "))
	}
	for _, f := range []struct {
		text  string
		holds bool
	}{
		{"required", a.Required}, {"secret", a.Secret},
		{"at least " + code(a.Min), a.Min != ""}, {"default " + code(a.Default), a.Default != ""},
	} {
		if f.holds {
			facts = append(facts, f.text)
		}
	}
	return strings.Join(facts, ", ")
}

// stageAttribute documents an attribute that belongs to every stage.
type stageAttribute struct{ name, doc string }

// everyStage documents component.StageAttributes, in that order.
var everyStage = []stageAttribute{
	{"name", "The stage's name in logs and metrics, unique in its pipeline. By default it is made from the component's: `json`, `json_2`."},
	{"workers", "How many workers handle messages at a time. By default the component says, which is 1 for most."},
	{"order", "Which order several workers keep: `total` (messages leave the stage as they came, the default), `key` (only those with the same key), or `none`."},
	{"order_by", "For `order = \"key\"`: the name of the attribute that is the key, or a function of the message. By default the message's own key."},
	{"retry", fmt.Sprintf("What happens when the component asks for a retry: a table with `max_attempts` (by default without limit), `initial` and `max` (the first and the longest pause, by default %q and %q), and `on`, a table from statuses to other such tables.",
		shortDuration(plan.DefaultRetryInitial), shortDuration(plan.DefaultRetryMax))},
	{"timeout", fmt.Sprintf("How long handling one message may take before the worker is replaced and the message handled again; by default %q.", shortDuration(plan.DefaultTimeout))},
}
