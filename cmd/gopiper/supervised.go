package main

import (
	"os"
	"syscall"
)

// A process that supervises another one tells it so by a variable in its
// environment. It has two pipes then.
const (
	supervisedVariable = "GOPIPER_SUPERVISED"
	supervisedBy       = "3,4" // their descriptors: to say how it ends, and for orders
)

// supervisor is the process that supervises this one; nil if none does.
var supervisor *supervising

// supervising is the connection to the process that supervises this one.
type supervising struct {
	deliberate *os.File
	orders     *os.File
}

// joinSupervisor finds the process that supervises this one. Processes that this one
// starts do not inherit it.
func joinSupervisor() error {
	by, supervised := os.LookupEnv(supervisedVariable)
	if !supervised {
		return nil
	}
	if err := os.Unsetenv(supervisedVariable); err != nil {
		return err
	}
	for _, fd := range []int{3, 4} {
		var stat syscall.Stat_t
		if err := syscall.Fstat(fd, &stat); err != nil || stat.Mode&syscall.S_IFMT != syscall.S_IFIFO || by != supervisedBy {
			return invalidf("the variable %s is set, and no process supervises this one; unset it", supervisedVariable)
		}
		syscall.CloseOnExec(fd)
	}
	supervisor = &supervising{os.NewFile(3, "supervisor"), os.NewFile(4, "orders")}
	return nil
}

// exit ends the process, on purpose.
func exit(code int) {
	if supervisor != nil {
		_, _ = supervisor.deliberate.Write([]byte{byte(code)}) // it fails only if the supervisor has died
	}
	os.Exit(code)
}

// listen returns a channel that brings the signals to end that the supervisor has
// got, and that is closed when it has died; nil if there is none. Others are raised
// here.
func (s *supervising) listen() <-chan syscall.Signal {
	if s == nil {
		return nil
	}
	orders := make(chan syscall.Signal)
	go func() {
		defer close(orders)
		order := [1]byte{}
		for {
			if n, err := s.orders.Read(order[:]); n != 1 || err != nil {
				return
			}
			switch sig := syscall.Signal(order[0]); sig {
			case syscall.SIGINT, syscall.SIGTERM:
				orders <- sig
			default:
				_ = syscall.Kill(os.Getpid(), sig) // it is this process, so it may
			}
		}
	}()
	return orders
}

// interrupts counts the signals that ask for the end. Those of a terminal reach a
// process that is supervised twice: by themselves, and passed on by the supervisor.
// Of each signal what came on one way counts: what came on the way that brought
// more.
type interrupts struct{ direct, passed map[syscall.Signal]int }

func newInterrupts() interrupts {
	return interrupts{map[syscall.Signal]int{}, map[syscall.Signal]int{}}
}

// count is how many came.
func (i interrupts) count() int {
	n := 0
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		n += max(i.direct[sig], i.passed[sig])
	}
	return n
}
