package control

import (
	"context"
	"errors"
	"slices"

	"github.com/gopiper/gopiper/engine"
)

// atOnce is how many messages are changed in one commit, which holds them in
// memory.
const atOnce = 64

// Local is the quarantine of a store that no other process has open.
func Local(quarantine *engine.Quarantine) Keeper { return local{quarantine} }

type local struct{ quarantine *engine.Quarantine }

// List implements Keeper. While yield runs, the store is not being read: yield
// may take its time.
func (l local) List(ctx context.Context, s Selection, yield func(Entry) error) error {
	ids, failure := l.selected(ctx, s)
	var gone []uint64
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		q, err := l.quarantine.Get(id)
		switch {
		case errors.Is(err, engine.ErrNotQuarantined):
			if len(s.IDs) > 0 { // else it was settled meanwhile
				gone = append(gone, id)
			}
			continue
		case err != nil:
			return err
		case !s.fits(&q):
			continue
		}
		e := Entry{Quarantined: q, Size: len(q.Data)}
		if s.WithoutData {
			e.Data = nil
		}
		if err := yield(e); err != nil {
			return err
		}
	}
	return errors.Join(failure, missing(gone))
}

// selected returns the numbers of what may be selected, oldest first. What is
// not nil is told beside the error.
func (l local) selected(ctx context.Context, s Selection) ([]uint64, error) {
	if len(s.IDs) > 0 {
		ids := slices.Clone(s.IDs)
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
	var ids []uint64
	err := l.quarantine.List(func(q engine.Quarantined) bool {
		if s.fits(&q) {
			ids = append(ids, q.ID)
		}
		return ctx.Err() == nil
	})
	return ids, errors.Join(err, ctx.Err())
}

// Remove implements Keeper.
func (l local) Remove(ctx context.Context, s Selection) (int, error) {
	return l.change(ctx, s, l.quarantine.Remove)
}

// Replay implements Keeper. Nobody is there to replay them, so there is nothing
// to wait for.
func (l local) Replay(ctx context.Context, s Selection, _ func(Outcome)) (int, error) {
	return l.change(ctx, s, l.quarantine.Replay)
}

// change changes what is selected, and returns how many messages.
func (l local) change(ctx context.Context, s Selection, change func(...uint64) (int, error)) (changed int, err error) {
	ids, gone, err := l.there(ctx, s)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(ids, atOnce) {
		if err := ctx.Err(); err != nil {
			return changed, err
		}
		n, err := change(some...)
		changed += n
		if err != nil {
			return changed, err
		}
	}
	return changed, missing(gone)
}

// there returns the numbers of what is selected and there, and of what is not
// there. A message that is damaged counts as selected by its number alone.
func (l local) there(ctx context.Context, s Selection) (ids, gone []uint64, err error) {
	candidates, err := l.selected(ctx, s)
	if err != nil || len(s.IDs) == 0 {
		return candidates, nil, err
	}
	byNumber := s.onlyNumbers()
	for _, id := range candidates {
		q, err := l.quarantine.Get(id)
		switch {
		case errors.Is(err, engine.ErrNotQuarantined):
			gone = append(gone, id)
		case err != nil && !byNumber:
			return nil, nil, err
		case err != nil || s.fits(&q):
			ids = append(ids, id)
		}
	}
	return ids, gone, nil
}

// onlyNumbers tells that nothing but numbers is asked for.
func (s *Selection) onlyNumbers() bool {
	return s.Pipeline == "" && s.Stage == "" && len(s.Statuses) == 0 && s.After.IsZero() && s.Before.IsZero()
}
