package match

import "regexp/syntax"

// set is a set of ASCII characters.
type set [4]uint64

func (s *set) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *set) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

// sequence matches a fixed number of bytes, of which each is one of a set.
type sequence struct {
	sets       []set
	assertions []assertion
	finder     *finder // nil if no byte is sharp
	first      bool    // it can match at the beginning only
	last       bool    // it can match at the end only
}

// assertion is what must hold between two bytes: an anchor or a word boundary.
type assertion struct {
	at int
	op syntax.Op
}

// finish prepares the sequence for matching.
func (s *sequence) finish() {
	var bytes []sharp
	for at, set := range s.sets {
		if b, ok := set.sharp(); ok {
			b.at = at
			bytes = append(bytes, b)
		}
	}
	if len(bytes) > 0 {
		f := newFinder(len(s.sets), bytes)
		s.finder = &f
	}
	for _, a := range s.assertions {
		s.first = s.first || a.op == syntax.OpBeginText && a.at == 0
		s.last = s.last || a.op == syntax.OpEndText && a.at == len(s.sets)
	}
}

// sharp returns the only character of the set, or the letter that is in it in
// both cases.
func (s *set) sharp() (sharp, bool) {
	var members []byte
	for c := range 256 {
		if s.has(byte(c)) {
			members = append(members, byte(c))
		}
	}
	switch {
	case len(members) == 1:
		return sharp{want: uint64(members[0]) * ones}, true
	case len(members) == 2 && members[0]|0x20 == members[1] && members[0] != members[1]:
		return sharp{want: uint64(members[1]) * ones, fold: 0x20 * ones}, true
	}
	return sharp{}, false
}

// find returns the first place from i on where the sequence matches, or a
// negative number.
func (s *sequence) find(data []byte, i int) int {
	end := len(data) - len(s.sets) + 1 // behind the last place
	if s.last {
		i = max(i, end-1)
	}
	if s.first {
		end = min(end, 1)
	}
	for ; i < end; i++ {
		if s.finder != nil && i+1 < end {
			if i = s.finder.next(data, i); i < 0 || i >= end {
				return -1
			}
		}
		if s.matches(data, i) {
			return i
		}
	}
	return -1
}

// matches tells whether the sequence, which fits there, matches at i.
func (s *sequence) matches(data []byte, i int) bool {
	part := data[i : i+len(s.sets)]
	for k := range s.sets {
		if !s.sets[k].has(part[k]) {
			return false
		}
	}
	for _, a := range s.assertions {
		if !a.holds(data, i+a.at) {
			return false
		}
	}
	return true
}

func (a assertion) holds(data []byte, i int) bool {
	switch a.op {
	case syntax.OpBeginText:
		return i == 0
	case syntax.OpEndText:
		return i == len(data)
	case syntax.OpBeginLine:
		return i == 0 || data[i-1] == '\n'
	case syntax.OpEndLine:
		return i == len(data) || data[i] == '\n'
	}
	boundary := (i > 0 && isWord(data[i-1])) != (i < len(data) && isWord(data[i]))
	return boundary == (a.op == syntax.OpWordBoundary)
}

func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}
