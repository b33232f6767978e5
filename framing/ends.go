package framing

import "bytes"

// Ends finds the ends of messages in data[from:] for a format with a delimiter:
// it writes the offset of each delimiter to ends, as many as fit, and returns how
// many. It stands for so many calls of Next in a row, each of which would find a
// whole message, and is faster. It finds none where Next has more to say: about
// a message that is too long, or behind the last delimiter.
func (c *Cutter) Ends(data []byte, from int, ends []int32) (n int) {
	if !c.delimited || c.skipping || c.skip > 0 || len(data) > 1<<30 || len(ends) == 0 {
		return 0
	}
	search := from + c.searched
	n = all(data[search:], c.delimiter, ends)
	start := from
	for i := range n {
		end := search + int(ends[i])
		if end-start > c.max {
			return i // Next tells why
		}
		ends[i] = int32(end)
		start = end + 1
		c.searched = 0
	}
	return n
}

// all writes the offsets of the bytes c in data, as many as fit.
func all(data []byte, c byte, at []int32) (n int) {
	done := 0
	if whole := len(data) &^ 31; hasDelimiters && whole > 0 {
		if n = delimiters(&data[0], whole, c, &at[0], len(at)); n == len(at) {
			return n
		}
		done = whole
	}
	for n < len(at) {
		i := bytes.IndexByte(data[done:], c)
		if i < 0 {
			break
		}
		at[n] = int32(done + i)
		done += i + 1
		n++
	}
	return n
}
