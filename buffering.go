package gopiper

import (
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
)

// buffering is implemented by the factory of the component buffer: the engine runs
// it, with these settings.
type buffering interface {
	Buffering() (maxBytes int64, dropNewest, noSync bool)
}

// bufferReference is the component whose stages need a name.
const bufferReference = "buffer"

// unnamedBuffers finds the buffers to which the plan gives no name. It must be
// called before the plan is validated, which makes names.
func unnamedBuffers(p *plan.Plan) map[*plan.Stage]bool {
	found := map[*plan.Stage]bool{}
	var look func(stages []*plan.Stage)
	look = func(stages []*plan.Stage) {
		for _, s := range stages {
			if s == nil {
				continue
			}
			if s.Reference == bufferReference && s.Name == "" {
				found[s] = true
			}
			for _, b := range s.Branches {
				if b != nil {
					look(b.Stages)
				}
			}
		}
	}
	for _, pipeline := range p.Pipelines {
		if pipeline != nil {
			look(pipeline.Stages)
			look(pipeline.Failed)
		}
	}
	return found
}

// buffer resolves a stage that is a durable buffer.
func (r *resolver) buffer(s *plan.Stage, resolved *engine.Stage, b buffering) {
	settings := &engine.Buffer{}
	settings.MaxBytes, settings.DropNewest, settings.NoSync = b.Buffering()
	resolved.Buffer = settings
	if r.unnamed[s] {
		r.report(s, "a buffer needs a name of its own, by which its content is found again: buffer{ name = \"orders\" }")
	}
	if !r.durable {
		r.report(s, "a buffer keeps messages in the state directory; run with --state DIR")
	}
	if r.failing {
		r.report(s, "a buffer cannot stand in the failed branch: what fails there is kept in quarantine")
	}
	if s.Workers > 1 {
		r.report(s, "a buffer has no workers; leave workers out")
	}
}
