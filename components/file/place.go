package file

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// placer tells the engine how far a file has been read. It belongs to one worker.
type placer struct {
	out       component.Output
	partition string
	position  *position
	encoded   []byte
}

// place is a stream.Reader's Place: it gives a batch the position behind it.
func (p *placer) place(batch *component.Batch, behind stream.Mark) {
	p.position.mark = behind
	p.encoded = p.position.encode(p.encoded[:0])
	batch.SetPosition(p.partition, p.encoded)
}

// say gives the position without messages, and tells whether to go on.
func (p *placer) say() bool {
	b := p.out.Batch()
	p.place(b, p.position.mark)
	return p.out.Emit(b)
}

// forget says that a position is not needed any more, and tells whether to go on.
func (p *placer) forget(partition string) bool {
	b := p.out.Batch()
	b.RemovePosition(partition)
	return p.out.Emit(b)
}
