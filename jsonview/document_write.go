package jsonview

// Append appends the document with its changes to dst and returns it. Nothing
// is appended, and changed is false, if nothing was changed; the text is then
// not looked at. Otherwise the whole text is checked, as by [Program.Apply]. Of
// an array in which elements were inserted or removed the space between the
// elements is left out; all else that was not changed stays as it was. The
// error is a [*SyntaxError]; dst is then returned as it was.
func (d *Document) Append(dst []byte) (result []byte, changed bool, err error) {
	d.written.closed = 0
	if d.root == nil || !d.root.dirty {
		return append(dst, d.whole...), d.whole != nil, nil
	}
	d.noting = d.Indexing
	result, err = d.write(dst)
	d.noting = false
	if err != nil {
		return dst, false, err
	}
	return result, true, nil
}

// write appends the document, in which something was changed.
func (d *Document) write(dst []byte) (result []byte, err error) {
	if d.whole != nil {
		result, _, err = d.root.write(dst)
		d.note(0, len(result)-len(dst), len(result)-len(dst))
		return result, err
	}
	result, end, err := d.root.write(append(dst, d.text[:d.start]...))
	if err != nil {
		return result, err
	}
	closed := len(result) - len(dst) - d.start
	end += d.start
	if after := skipSpace(d.text, end); after < len(d.text) {
		return result, syntaxError(d.text, after, noEnd)
	}
	result = append(result, d.text[end:]...)
	d.note(d.start, closed, len(result)-len(dst))
	return result, nil
}

// Append appends the node's text with its changes to dst, to be set somewhere
// else, in this document or another one. The error is a [*SyntaxError].
func (n *Node) Append(dst []byte) ([]byte, error) {
	if result, _, err := n.write(dst); err == nil {
		return result, nil
	} else {
		return dst, err
	}
}

// write appends the node's text with its changes, and returns where it ends.
func (n *Node) write(dst []byte) (result []byte, end int, err error) {
	w := pass{src: n.text, dst: dst}
	switch {
	case !n.dirty:
		var f fault
		if end, f = skip(n.text, 0, n.depth); f != 0 {
			err = n.fail(end, f)
		}
	case n.kind == Object:
		end, err = n.writeObject(&w)
	case n.moved:
		return n.writeMoved(dst)
	default:
		end, err = n.writeArray(&w)
	}
	if err != nil {
		return dst, end, err
	}
	w.flush(end)
	return w.dst, end, nil
}

// writeObject lets the pass go over the object.
func (n *Node) writeObject(w *pass) (end int, err error) {
	for i := range n.changes {
		n.changes[i].met = false
	}
	notes := n.notes(len(w.dst))
	s := siblings{end: 1}
	for c := (Cursor{}); ; {
		m, more, at, f := n.nextMember(&c)
		if f != 0 {
			return at, n.fail(at, f)
		}
		if !more {
			end = at
			break
		}
		if s.parted {
			s.comma = skipSpace(w.src, s.end)
		}
		change := n.changeOf(m.key(w.src))
		if change != nil && change.gone {
			w.drop(&s, int(m.end))
		} else {
			w.stay(&s)
			if notes != nil {
				notes.stays(w, m)
			}
			if change != nil {
				if err = change.write(w, m); err != nil {
					return at, err
				}
				if notes != nil {
					notes.changed(w, m)
				}
			}
		}
		s.end = int(m.end)
	}
	for k := range n.changes {
		if c := &n.changes[k]; c.set && !c.met {
			w.flush(s.end)
			if s.staid > 0 {
				w.dst = append(w.dst, ',')
			}
			s.staid++
			start := len(w.dst)
			w.dst = append(append(w.dst, c.quoted...), ':')
			if w.dst, err = c.item.write(w.dst); err != nil {
				return end, err
			}
			if notes != nil {
				notes.added(w, c.quoted, start)
			}
		}
	}
	return end, nil
}

// write lets the pass do what became of the value of a member that stays.
func (c *change) write(w *pass, m member) (err error) {
	c.met = true
	if c.set || c.item.node.dirty {
		w.flush(int(m.value))
		w.dst, err = c.item.write(w.dst)
		w.done = int(m.end)
	}
	return err
}

// writeArray lets the pass go over an array whose elements lie where they did.
func (n *Node) writeArray(w *pass) (end int, err error) {
	end = 1
	for i := range n.items {
		it := &n.items[i]
		end = it.end
		if it.set || it.node != nil && it.node.dirty {
			w.flush(it.start)
			if w.dst, err = it.write(w.dst); err != nil {
				return end, err
			}
			w.done = it.end
		}
	}
	return skipSpace(w.src, end) + 1, nil // it was listed: the bracket is there
}

// writeMoved writes an array whose elements lie otherwise than they did.
func (n *Node) writeMoved(dst []byte) (result []byte, end int, err error) {
	dst = append(dst, '[')
	for i := range n.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = n.items[i].write(dst); err != nil {
			return dst, 0, err
		}
	}
	end, _ = skip(n.text, 0, n.depth) // it was listed: it is sound
	return append(dst, ']'), end, nil
}

// write appends the item's text with its changes.
func (it *item) write(dst []byte) ([]byte, error) {
	if it.node == nil || !it.node.dirty {
		return append(dst, it.text()...), nil
	}
	result, _, err := it.node.write(dst)
	return result, err
}

func (it *item) text() []byte {
	if it.node != nil {
		return it.node.text
	}
	return it.raw
}
