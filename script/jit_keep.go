package script

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/luajit"
)

// This file is what functions of tables do with messages on LuaJIT: msg:keep(),
// kept:release(), msg:emit() and gopiper.emit.

// worker is the worker of a stage that is a table; nil in any other.
func (s *jitSeat) worker() *tableWorker {
	if s.table == nil {
		return nil
	}
	return s.table.of
}

// keep is msg:keep().
func (s *jitSeat) keep(c *luajit.Call) error {
	v, err := s.viewOf(c)
	if err != nil {
		return err
	}
	k, err := s.worker().keep(v)
	if err != nil {
		return err
	}
	c.ReturnObject(k.object.(luajit.Object))
	return nil
}

// release is kept:release().
func (s *jitSeat) release(c *luajit.Call) error {
	v, err := s.viewOf(c)
	if err != nil {
		return err
	}
	return s.worker().release(v)
}

// emit is msg:emit() in a function of a table.
func (t *jitTable) emit(v *view) error {
	if err := t.of.may(); err != nil || t.of.emitKept(v) {
		return err
	}
	p, err := t.taken(v)
	if err != nil {
		return err
	}
	t.of.emit(p, v.origin())
	return nil
}

// emitFrom is gopiper.emit(message, from).
func (s *jitSeat) emitFrom(c *luajit.Call) error {
	w := s.worker()
	if w == nil {
		return errEmitElsewhere
	}
	if err := w.may(); err != nil {
		return err
	}
	p, err := s.partOf(c.Value(0))
	if err != nil {
		return err
	}
	parents, err := s.parents(c.Value(1))
	if err == nil {
		err = s.charge(&p)
	}
	if err != nil {
		return err
	}
	w.emit(p, parents...)
	return nil
}

// partOf is the message that gopiper.emit is to send.
func (s *jitSeat) partOf(value any) (part, error) {
	if text, ok := jitTextOf(value); ok {
		return part{data: text}, nil
	}
	if table, ok := jitToLua(s, value).(*lua.LTable); ok {
		p, err := tablePart(table)
		if err != nil {
			err = fmt.Errorf("gopiper.emit: the table is no message: %w", err)
		}
		return p, err
	}
	v, err := s.messageOf(value)
	switch {
	case v == nil && err == nil:
		return part{}, fmt.Errorf("gopiper.emit: a message is a string, a table { data = … } or a copy of one, not %s", jitDescribe(value))
	case err != nil || v.isKept():
		return part{}, errEmitOfKept
	}
	return v.snapshot()
}

// messageOf is the view of the message that a value is; nil if it is none.
func (s *jitSeat) messageOf(value any) (*view, error) {
	switch v := value.(type) {
	case luajit.Other:
		if v == "message" {
			if s.current < 0 {
				return nil, errMessageOver
			}
			return &s.view, nil
		}
	case luajit.Object:
		if v.Kind >= luajit.Copy && !isAttributes(v) {
			return s.copyAt(v)
		}
	}
	return nil, nil
}

// parents are the views of what a message is made of.
func (s *jitSeat) parents(value any) (parents []*view, err error) {
	list := []any{value}
	switch v := value.(type) {
	case nil:
		return s.table.of.parentsOfNothing()
	case *luajit.Table:
		list = v.Items
	}
	for _, value := range list {
		if o, ok := value.(luajit.Object); ok && o.Kind == luajit.Kept && s.table.failed[o.Generation] {
			continue // it has failed already, and is nobody's any more
		}
		v, err := s.messageOf(value)
		switch {
		case v == nil && err == nil:
			return nil, fmt.Errorf("gopiper.emit: a message is made of kept ones, or of the one at hand, not of %s", jitDescribe(value))
		case errors.Is(err, errKeptOver):
			return nil, errMadeOfGone
		case err != nil:
			return nil, errMadeOfOther
		}
		if parents, err = s.table.of.parent(parents, v); err != nil {
			return nil, err
		}
	}
	return parents, nil
}
