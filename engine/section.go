package engine

import "sync/atomic"

// section is a part of a pipeline with a bound of its own on what is in flight:
// all of it, or what lies between two buffers. Its sources are the pipeline's, or
// the buffer in front of it.
type section struct {
	p       *Pipeline
	credits *credits
	buffer  *buffer       // in front of it; nil for the first
	kept    atomic.Int64  // messages that components keep
	parents atomic.Int64  // messages that only wait for what was made from them
	count   atomic.Uint64 // messages that were settled
	owed    atomic.Int64  // settled messages that count as in flight until a commit
	// Settled messages of which a source is not to be told, and which are neither
	// committed nor in flight.
	uncommitted atomic.Int64
	// For the watchman: how many messages have still to go through, and whether one
	// at a time.
	suspects atomic.Int64
	alone    atomic.Bool
	guarded  atomic.Int64 // messages that wait until they may go through alone

	waited  int    // how many ticks it has been full of those kept
	spread  int64  // how what is kept lay in the stages when it was looked at last
	settled uint64 // how many were settled when it was looked at last
}

func (p *Pipeline) newSection() *section {
	s := &section{p: p, credits: newCredits(p.config.MaxMessages, p.config.MaxBytes)}
	p.sections = append(p.sections, s)
	return s
}

// uncommitted is how many messages may be settled and no longer in flight before the
// commit that says so, in a section in which maxMessages may be in flight: while it
// is written the sources go on. Of a crash in between they come again.
func uncommitted(maxMessages int64) int64 { return maxMessages }

// Again is how many messages of a section come again at most after a crash, where the
// source goes on by itself, at a position or behind a buffer: what may be in flight,
// what may be settled and not committed, and a batch.
func Again(maxMessages, batch int64) int64 { return maxMessages + uncommitted(maxMessages) + batch }

// mayGather tells that what is settled may wait for more to be committed with it.
func (s *section) mayGather() bool {
	most := s.credits.maxMessages
	return 4*s.owed.Load() < 3*most && 4*s.uncommitted.Load() < 3*uncommitted(most)
}

// isHeldUp tells that something waits for room: a source of the section, or what
// fills the buffer in front of it.
func (s *section) isHeldUp() bool {
	return s.credits.waiting.Load() > 0 || s.buffer != nil && s.buffer.waiting.Load() > 0
}

// isKept tells that components keep all messages that are under way in the section.
func (s *section) isKept() bool {
	return s.kept.Load() > 0 && s.moving() <= 0
}

// moving is how many messages are neither kept, nor settled, nor only wait.
func (s *section) moving() int64 {
	return s.credits.messages.Load() - s.owed.Load() - s.parents.Load() - s.guarded.Load() - s.kept.Load()
}

// isKept tells that components keep all messages that are under way in the pipeline:
// those of a section may have passed into another, where branches join.
func (p *Pipeline) isKept() bool {
	kept, moving := int64(0), int64(0)
	for _, s := range p.sections {
		kept += s.kept.Load()
		moving += s.moving()
	}
	return kept > 0 && moving <= 0
}

// inFlight is what is in flight in all sections.
func (p *Pipeline) inFlight() (messages, bytes int64) {
	for _, s := range p.sections {
		messages += s.credits.messages.Load()
		bytes += s.credits.bytes.Load()
	}
	return messages, bytes
}

func (p *Pipeline) closeCredits() {
	for _, s := range p.sections {
		s.credits.close()
	}
}
