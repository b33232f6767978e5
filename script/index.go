package script

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/plan"
)

// This file lets functions of JSON pass on where its members lie: what one has read
// of a message, those behind it do not scan again.

// noteIndexes notes which functions pass on what they know: those that others stand
// behind, in the list that ends here. after tells whether others stand behind the
// list; the result is whether they do from its beginning on.
func (s *Script) noteIndexes(stages []*plan.Stage, after bool) bool {
	for i := len(stages) - 1; i >= 0; i-- {
		stage := stages[i]
		behind := after
		for _, branch := range stage.Branches {
			after = s.noteIndexes(branch.Stages, behind) || after
		}
		for _, branch := range stage.Branches {
			after = s.noteIndex(branch.When, after) || after
		}
		after = s.noteIndex(stage.Function, after) || after
		after = after && stage.Reference != "buffer" // what leaves it is new
		after = s.noteIndex(stage.OrderByFunction, after) || after
	}
	return after
}

// noteIndex notes whether a function passes on what it knows, and returns whether it
// reads JSON. Of one that is interpreted that is not known.
func (s *Script) noteIndex(f *plan.Func, after bool) bool {
	if f == nil {
		return false
	}
	function, ok := f.Impl.(*Function)
	if !ok {
		return false
	}
	c := &s.compiled[function.ordinal]
	c.indexes = c.indexes || after
	return c.function == nil || c.function.ReadsJSON()
}

func (f *Function) indexes() bool { return f.script.compiled[f.ordinal].indexes }

// indexOf is the index of the message's data, or nil.
func indexOf(m component.Message) []byte {
	if c, ok := m.(jsonview.Carrier); ok {
		return c.Index()
	}
	return nil
}

// passOn gives the message the index of its data, if what the document knows of it
// is worth one. What was written in the document is in the data.
func (d *document) passOn(m component.Message) {
	if carrier, ok := m.(jsonview.Carrier); ok {
		if n := d.IndexSize(); n > 0 {
			carrier.SetIndex(d.AppendIndex(carrier.GrowIndex(n)))
		}
	}
}
