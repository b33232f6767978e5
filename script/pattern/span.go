package pattern

// Span turns the positions from and to of Lua's string library, which count from 1 or,
// below 0, from the end, into offsets in a string of n bytes, from <= to. It may be
// called from any goroutine.
func Span(n int, from, to float64) (int, int) {
	if from < 0 {
		from = max(float64(n)+from+1, 1)
	}
	if to < 0 {
		to = float64(n) + to + 1
	}
	from, to = max(from, 1), min(to, float64(n))
	if !(from <= to) {
		return 0, 0
	}
	return int(from) - 1, int(to)
}
