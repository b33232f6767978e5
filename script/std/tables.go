package std

// Tables are tables that are used again from one call to the next. The zero
// Tables are ready for use, by one goroutine at a time.
type Tables struct {
	list []*Table
	used int
}

// The bounds of what is kept for the next call: tables, and values of each.
const (
	tablesMax = 32
	fieldsMax = 64
)

// Take returns an empty table, which is good until Release.
func (s *Tables) Take() *Table {
	if s.used == tablesMax {
		return new(Table)
	}
	if s.used == len(s.list) {
		s.list = append(s.list, &Table{Names: make([]string, 0, 4), Fields: make([]Value, 0, 4)})
	}
	s.used++
	t := s.list[s.used-1]
	t.List, t.Names, t.Fields, t.Array, t.places = t.List[:0], t.Names[:0], t.Fields[:0], false, nil
	return t
}

// Release takes all tables back.
func (s *Tables) Release() {
	for i, t := range s.list[:s.used] {
		if cap(t.List) > fieldsMax || cap(t.Names) > fieldsMax {
			s.list[i] = new(Table)
			continue
		}
		clear(t.List)
		clear(t.Names)
		clear(t.Fields)
	}
	s.used = 0
}

// Leave takes all tables back and leaves in them what they hold until it is written
// over, which takes less time. It is for what is small.
func (s *Tables) Leave() { s.used = 0 }
