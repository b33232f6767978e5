package match

// rareEnough is how often, in a thousand bytes, a byte may occur for the search
// for it alone to be faster than the search for a pair.
const rareEnough = 12

// frequency estimates how often the byte occurs in a thousand bytes of logs,
// JSON and prose. It only has to be good enough to choose by.
func (s sharp) frequency() int {
	c := byte(s.want)
	if !s.plain() {
		return frequencies[c] + frequencies[c&^0x20]
	}
	return frequencies[c]
}

var frequencies = func() (table [256]int) {
	for c := range table {
		switch {
		case c < ' ':
			table[c] = 1
		case c >= 0x80:
			table[c] = 10
		case c >= 'A' && c <= 'Z':
			table[c] = 4
		case c >= '0' && c <= '9':
			table[c] = 25
		default:
			table[c] = 5
		}
	}
	for text, frequency := range map[string]int{
		" ": 120, `"`: 70, "e": 65, "taoinsr": 45, ":,./-": 25, "01": 40, "ldhcum": 20, "pgf": 14, "_=[]()": 12,
		"ybvwk": 9, "qxjz": 2, "\n": 8,
	} {
		for i := range len(text) {
			table[text[i]] = frequency
		}
	}
	return table
}()
