package engine

// This file lets a message carry what a component has found out about its data to
// the next component: an index, whose meaning is theirs (jsonview.Carrier).

// indexed is an index, and the data that it is of. Whether it is that of the message
// is seen from where the data lies: data that is replaced, or restored because the
// stage fails, needs nobody to see to the index.
type indexed struct {
	first  *byte
	length int32
	shared bool // index is another message's, too
	index  []byte
}

// noted returns the place of the message's index, nil if there is none. A message
// that was renewed has none: the replaced component may still use the old one's.
func (m *message) noted(places *[]indexed) *indexed {
	if h := m.home; places == nil || len(m.data) == 0 || m != &h.slots[m.index] {
		return nil
	}
	return &(*places)[m.index]
}

// Index implements jsonview.Carrier.
func (m *message) Index() []byte {
	n := m.noted(m.home.indexes.Load())
	if n == nil || n.first != &m.data[0] || int(n.length) != len(m.data) {
		return nil
	}
	return n.index
}

// SetIndex implements jsonview.Carrier.
func (m *message) SetIndex(index []byte) {
	if n := m.noted(m.home.indexPlaces()); n != nil {
		*n = indexed{first: &m.data[0], length: int32(len(m.data)), index: index}
	}
}

// GrowIndex implements jsonview.Carrier. A message that many stages give an index
// needs memory for one.
func (m *message) GrowIndex(n int) []byte {
	if had := m.noted(m.home.indexes.Load()); had != nil && !had.shared && cap(had.index) >= n {
		had.first = nil
		return had.index[:0]
	}
	return m.home.grow(n + indexSlack)
}

// indexSlack is how many bytes the next index may be longer than the one before.
const indexSlack = 64

// shareIndex gives a copy of the message its index.
func (m *message) shareIndex(copied *message) {
	if index := m.Index(); index != nil {
		copied.SetIndex(index)
		copied.noted(copied.home.indexes.Load()).shared = true
	}
}

// indexPlaces returns the places of the indexes of a home's messages, which are with
// several workers at the same time, perhaps.
func (h *home) indexPlaces() *[]indexed {
	if places := h.indexes.Load(); places != nil {
		return places
	}
	places := make([]indexed, len(h.slots))
	h.indexes.CompareAndSwap(nil, &places)
	return h.indexes.Load()
}

// forgetIndexes is called when the home's messages are gone: their memory is used
// again, for other data.
func (h *home) forgetIndexes() {
	if places := h.indexes.Load(); places != nil {
		clear((*places)[:h.n])
	}
}
