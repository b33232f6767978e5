package match

// Literal is a text to look for.
type Literal struct {
	text   string
	finder finder
}

// NewLiteral returns what looks for text.
func NewLiteral(text string) *Literal {
	l := &Literal{text: text}
	if text != "" {
		bytes := make([]sharp, len(text))
		for i := range len(text) {
			bytes[i] = sharp{at: i, want: uint64(text[i]) * ones}
		}
		l.finder = newFinder(len(text), bytes)
	}
	return l
}

// In tells whether data holds the text.
func (l *Literal) In(data []byte) bool {
	f := &l.finder
	if hasPair && f.common && len(data)-f.length >= 31 && f.findPair(data, 0) < 0 {
		return false // which is the answer nearly always, and the shortest way to it
	}
	return l.Index(data, 0) >= 0
}

// Index returns the first place of the text in data from the place from on, or
// a negative number.
func (l *Literal) Index(data []byte, from int) int {
	if l.text == "" {
		return from
	}
	for i := l.finder.next(data, from); i >= 0; i = l.finder.next(data, i+1) {
		if string(data[i:i+len(l.text)]) == l.text {
			return i
		}
	}
	return -1
}
