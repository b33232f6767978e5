package gopiper

import (
	"errors"

	"github.com/gopiper/gopiper/engine"
)

// unopened stands for the store of a program that is only checked: the engine
// accepts what needs a store, and a run ends before anything is opened.
type unopened struct{}

var errUnopened = errors.New("the plan was prepared to be checked (Options.Durable); prepare it with Options.Store to run it")

// neverOpen is closed: the store can not be used.
var neverOpen = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (unopened) Update(bool, func(engine.Tx), func())                   {}
func (unopened) Get([]byte) ([]byte, error)                             { return nil, errUnopened }
func (unopened) Scan(_, _ []byte, _ func(key, value []byte) bool) error { return errUnopened }
func (unopened) Pack(dst, plain []byte) []byte                          { return append(dst, plain...) }
func (unopened) Unpack(_, _ []byte) ([]byte, error)                     { return nil, errUnopened }
func (unopened) Mark(string, []byte) error                              { return errUnopened }
func (unopened) Marked(string) ([]byte, error)                          { return nil, errUnopened }
func (unopened) Health() string                                         { return "" }
func (unopened) Failed() <-chan struct{}                                { return neverOpen }
func (unopened) Err() error                                             { return errUnopened }
