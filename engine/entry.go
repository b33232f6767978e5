package engine

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A value of the quarantine begins with what is needed without unpacking the rest:
// the names of the pipeline and the stage, and the time (8 bytes, the highest first).
// What follows is packed:
//
//	version (1 byte, 1), status, attempts, what it is a replay of, description, data, key,
//	timestamp (8 bytes), number of attributes, names and values
//
// As in a frame, numbers are varints and texts have their length in front.
const entryVersion = 1

// encode makes the value of an entry.
func (q *Quarantine) encode(entry *Quarantined) []byte {
	value := appendText(appendText(nil, entry.Pipeline), entry.Stage)
	value = binary.BigEndian.AppendUint64(value, uint64(entry.Time.UnixNano()))
	plain := binary.AppendUvarint([]byte{entryVersion}, uint64(entry.Status))
	plain = binary.AppendUvarint(plain, uint64(entry.Attempts))
	plain = binary.AppendUvarint(plain, entry.ReplayOf)
	plain = appendText(plain, entry.Description)
	plain = append(binary.AppendUvarint(plain, uint64(len(entry.Data))), entry.Data...)
	plain = appendText(plain, entry.Key)
	plain = binary.LittleEndian.AppendUint64(plain, uint64(entry.Timestamp))
	plain = binary.AppendUvarint(plain, uint64(len(entry.Attributes)))
	for _, name := range slices.Sorted(maps.Keys(entry.Attributes)) {
		plain = appendText(appendText(plain, name), entry.Attributes[name])
	}
	return q.store.Pack(value, plain)
}

// entryHead reads the beginning of a value.
func entryHead(value []byte) (pipeline, stage string, at time.Time, packed []byte, ok bool) {
	r := frameReader{rest: value}
	pipeline, stage = r.text(), r.text()
	if r.bad || len(r.rest) < 8 {
		return "", "", at, nil, false
	}
	at = time.Unix(0, int64(binary.BigEndian.Uint64(r.rest)))
	return pipeline, stage, at, r.rest[8:], true
}

// decode reads an entry.
func (q *Quarantine) decode(key, value []byte) (entry Quarantined, err error) {
	entry.ID = numberOf(key)
	var packed []byte
	ok := false
	entry.Pipeline, entry.Stage, entry.Time, packed, ok = entryHead(value)
	if !ok {
		return entry, fmt.Errorf("message %d in quarantine is damaged: its beginning makes no sense", entry.ID)
	}
	plain, err := q.store.Unpack(nil, packed)
	if err == nil {
		err = entry.read(plain)
	}
	if err != nil {
		return entry, fmt.Errorf("message %d in quarantine is damaged: %w", entry.ID, err)
	}
	mark, err := q.store.Get(numberedKey([]byte{replayKey}, entry.ID))
	entry.Replaying = mark != nil
	return entry, err
}

// read reads what was packed.
func (entry *Quarantined) read(plain []byte) error {
	if len(plain) == 0 || plain[0] != entryVersion {
		return fmt.Errorf("%w: it is of no known version", errFrame)
	}
	r := frameReader{rest: plain[1:]}
	entry.Status, entry.Attempts, entry.ReplayOf = int(r.number()), int(r.number()), r.number()
	entry.Description, entry.Data = r.text(), []byte(r.text())
	meta := r.meta()
	entry.Key, entry.Timestamp = meta.Key, meta.Timestamp
	for i := 0; i+1 < len(meta.Attributes); i += 2 {
		if entry.Attributes == nil {
			entry.Attributes = map[string]string{}
		}
		entry.Attributes[meta.Attributes[i]] = meta.Attributes[i+1]
	}
	if r.bad || len(r.rest) != 0 {
		return errFrame
	}
	return nil
}
