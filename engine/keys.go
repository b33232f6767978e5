package engine

import "encoding/binary"

// The keys in the store. The first byte says what it is; names end in a zero byte,
// which no name contains.
//
//	a pipeline 0                       how often it died, see poison.go
//	b pipeline 0 stage 0 f number      a frame of a buffer
//	b pipeline 0 stage 0 m             what the buffer holds
//	p pipeline 0 stage 0 partition     a position
//	q number                           a message in quarantine
//	r number                           it is to be replayed
//	s pipeline 0 stage 0 key           state
//
// Numbers have eight bytes, the highest first.
const (
	aliveKey      = 'a'
	bufferKey     = 'b'
	positionKey   = 'p'
	quarantineKey = 'q'
	replayKey     = 'r'
	stateKey      = 's'
)

// keyOf makes a key, or the beginning of keys, with names.
func keyOf(kind byte, names ...string) []byte {
	key := []byte{kind}
	for _, name := range names {
		key = append(append(key, name...), 0)
	}
	return key
}

func numberedKey(prefix []byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64(prefix[:len(prefix):len(prefix)], number)
}

// numberOf is the number at the end of a key.
func numberOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// endOf is the key behind all that begin with prefix.
func endOf(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
