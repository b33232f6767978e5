package stream

import "github.com/gopiper/gopiper/framing"

// gathering is what a reader knows of the message whose lines it gathers. They
// stay where they are in the batch's buffer, from its place from on.
type gathering struct {
	gathered  int  // bytes of the lines so far, with their delimiters
	passLines bool // the message was too long: its other lines are passed over
}

// cutGroups is cut for messages of several lines. A message is complete when a
// line follows that begins another one.
func (r *Reader) cutGroups() (more bool) {
	for r.batch.Len() < batchMax-1 { // a line completes two messages at most
		from := r.from + r.gathered
		start, end, next, found := r.cutter.Next(r.batch.Buffer, from)
		if found == framing.Nothing {
			if r.gathered == 0 {
				r.from = next
				r.passed()
			}
			return false
		}
		r.line(start, end, next, found == framing.TooLong)
		if r.marks {
			r.pass(from, start, next, found)
		}
	}
	return true
}

// line takes a line, of which tooLong says that only the beginning is there.
func (r *Reader) line(start, end, next int, tooLong bool) {
	if r.gathered == 0 {
		r.from = start
	}
	if r.Begins(r.batch.Buffer[start:end]) {
		r.completeGroup()
	}
	switch {
	case r.passLines:
		r.from = next
	case tooLong || end-r.from > r.options.MaxMessage:
		r.add(r.from, r.from+r.options.MaxMessage, framing.TooLong)
		r.from, r.gathering = next, gathering{passLines: true}
	default:
		r.gathered = next - r.from
	}
}

// completeGroup adds the message that was gathered, if there is one, and ends
// the passing over of lines.
func (r *Reader) completeGroup() {
	if r.gathered > 0 {
		r.add(r.from, r.from+r.gathered-1, framing.Whole)
		r.from += r.gathered
	}
	r.gathering = gathering{}
}

// endGroup adds what is left at the end of the stream.
func (r *Reader) endGroup(end End) {
	buffer := r.batch.Buffer
	start, last, found := r.cutter.End(buffer, r.from+r.gathered)
	switch {
	case found == framing.Nothing:
		if end != Wait {
			r.completeGroup()
		}
		return
	case end != Finish:
		return
	}
	if r.Begins(buffer[start:last]) {
		r.completeGroup()
	}
	switch {
	case r.passLines:
	case last-r.from > r.options.MaxMessage:
		r.add(r.from, r.from+r.options.MaxMessage, framing.TooLong)
	default:
		r.add(r.from, last, framing.Unterminated)
	}
	r.from, r.gathering = last, gathering{}
}
