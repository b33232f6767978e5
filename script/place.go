package script

import "sync"

// place tells where functions run.
type place struct{ pipeline, segment, worker int }

// places hold what the functions at the same place share: a Lua state, of which every
// engine has a kind of its own. The zero value is ready. Any goroutine may call its
// methods.
type places[T any] struct {
	mutex sync.Mutex
	held  map[place]*T
	users map[*T]int // that have not left
}

// enter returns what is shared at a place. It is to be left if the caller counts.
func (p *places[T]) enter(at place, counts bool) *T {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.held == nil {
		p.held, p.users = make(map[place]*T), make(map[*T]int)
	}
	shared, ok := p.held[at]
	if !ok {
		shared = new(T)
		p.held[at] = shared
	}
	if counts {
		p.users[shared]++
	}
	return shared
}

// leave is called by a user that counts. It tells whether that was the last: what was
// shared is not held any more then.
func (p *places[T]) leave(at place, shared *T) (last bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.users[shared]--; p.users[shared] > 0 {
		return false
	}
	delete(p.users, shared)
	if p.held[at] == shared {
		delete(p.held, at)
	}
	return true
}
