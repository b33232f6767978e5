package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Redacted is shown in place of a secret.
const Redacted = "***"

// JSON returns the plan for people and tools, indented, with durations as text
// such as "1m30s". secret tells which attributes of a stage are shown as ***;
// nil stands for none. The plan is not changed.
func (p *Plan) JSON(secret func(stage *Stage, attribute string) bool) ([]byte, error) {
	shown := &Plan{Pipelines: make([]*Pipeline, 0, len(p.Pipelines))}
	for _, pipeline := range p.Pipelines {
		if pipeline == nil {
			continue
		}
		c := *pipeline
		c.Stages, c.Failed = show(c.Stages, secret), show(c.Failed, secret)
		shown.Pipelines = append(shown.Pipelines, &c)
	}
	text, err := encode(shown)
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, err
	}
	return indented.Bytes(), nil
}

// show copies stages with what may be shown of their attributes.
func show(stages []*Stage, secret func(*Stage, string) bool) []*Stage {
	var list []*Stage
	for _, s := range stages {
		if s == nil {
			continue
		}
		c := *s
		if len(s.Attributes) > 0 {
			c.Attributes = make(map[string]any, len(s.Attributes))
		}
		for name, value := range s.Attributes {
			if secret != nil && secret(s, name) {
				value = Redacted
			}
			c.Attributes[name] = printable(value)
		}
		c.Branches = nil
		for _, fork := range s.Branches {
			if fork == nil {
				continue
			}
			f := *fork
			f.Stages = show(fork.Stages, secret)
			c.Branches = append(c.Branches, &f)
		}
		list = append(list, &c)
	}
	return list
}

// printable makes JSON possible for values that have none.
func printable(value any) any {
	switch v := value.(type) {
	case nil, bool, string, int, int64, uint64, []string, *Func:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return v
	case time.Duration:
		return v.String()
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = printable(e)
		}
		return list
	case map[string]any:
		table := make(map[string]any, len(v))
		for name, e := range v {
			table[name] = printable(e)
		}
		return table
	default:
		return fmt.Sprint(v)
	}
}

// encode is json.Marshal without the escapes that are for HTML.
func encode(value any) ([]byte, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return []byte(text.String()), err
}

// duration is a time.Duration that JSON shows as text.
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// MarshalJSON shows the durations as text.
func (p *Pipeline) MarshalJSON() ([]byte, error) {
	type fields Pipeline
	return encode(struct {
		*fields
		DrainTimeout duration `json:"drain_timeout,omitempty"`
		Position     Position `json:"position,omitzero"`
	}{(*fields)(p), duration(p.DrainTimeout), p.Position})
}

// MarshalJSON shows the durations as text.
func (s *Stage) MarshalJSON() ([]byte, error) {
	type fields Stage
	return encode(struct {
		*fields
		Timeout  duration `json:"timeout,omitempty"`
		Position Position `json:"position,omitzero"`
	}{(*fields)(s), duration(s.Timeout), s.Position})
}

// MarshalJSON leaves out a position that is not known.
func (f *Fork) MarshalJSON() ([]byte, error) {
	type fields Fork
	return encode(struct {
		*fields
		Position Position `json:"position,omitzero"`
	}{(*fields)(f), f.Position})
}

// MarshalJSON leaves out a position that is not known.
func (f *Func) MarshalJSON() ([]byte, error) {
	type fields Func
	return encode(struct {
		*fields
		Position Position `json:"position,omitzero"`
	}{(*fields)(f), f.Position})
}

// MarshalJSON shows the durations as text.
func (r *Retry) MarshalJSON() ([]byte, error) {
	type fields Retry
	return encode(struct {
		*fields
		Initial duration `json:"initial,omitempty"`
		Max     duration `json:"max,omitempty"`
	}{(*fields)(r), duration(r.Initial), duration(r.Max)})
}
