package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
)

var update = flag.Bool("update", false, "write what the stories expect")

// noPause keeps the race detector from waiting a second before every exit.
const noPause = "atexit_sleep_ms=0"

// TestMain makes this binary the command gopiper of the tests.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", noPause)
	testscript.Main(m, map[string]func(){"gopiper": main})
}

// Components that the stories need and the library has not.
func init() {
	loader.Register(component.Declaration{Name: "test_panic", Roles: component.Processor, Summary: "Panics."},
		func(map[string]any) (component.Factory, error) { panic("no factory today") })
	loader.Register(component.Declaration{
		Name: "test_die", Roles: component.Processor, Summary: "Ends the process three times.",
		Attributes: []component.Attribute{
			{Name: "file", Doc: "Where it counts."},
			{Name: "how", Doc: "How: kill, panic or exit."},
		},
	}, func(attributes map[string]any) (component.Factory, error) {
		return &dier{attributes["file"].(string), attributes["how"].(string)}, nil
	})
	loader.Register(component.Declaration{Name: "test_closed", Roles: component.Sink, Summary: "Never opens."},
		func(map[string]any) (component.Factory, error) { return closed{}, nil })
	loader.Register(component.Declaration{Name: "test_never", Roles: component.Sink, Summary: "Never calls back."},
		func(map[string]any) (component.Factory, error) { return never{}, nil })
	loader.Register(component.Declaration{
		Name: "test_fail", Roles: component.Processor, Summary: "Fails every message that is not \"good\".", Sync: true,
		Attributes: []component.Attribute{
			{Name: "password", Secret: true, Doc: "A secret."},
			{Name: "wait", Type: component.Duration, Doc: "A pause."},
		},
	}, func(map[string]any) (component.Factory, error) { return failer{}, nil })
}

// dier ends the process by a message, and leaves a byte in a file each time, until
// there are three.
type dier struct{ file, how string }

func (d *dier) Amount() int                                       { return 1 }
func (d *dier) Create(chan component.Message) component.Component { return d }

func (d *dier) Handle(_ component.Message, handled component.HandledCallback) {
	died, _ := os.ReadFile(d.file)
	if len(died) == 3 {
		handled(component.Report{})
		return
	}
	if err := os.WriteFile(d.file, append(died, '.'), 0o666); err != nil {
		panic(err)
	}
	switch d.how {
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "panic":
		go panic("in a goroutine of its own")
	case "exit":
		os.Exit(0)
	}
	select {}
}

// never takes messages and does not say what became of them.
type never struct{}

func (never) Amount() int                                       { return 1 }
func (never) Create(chan component.Message) component.Component { return never{} }

func (never) Handle(component.Message, component.HandledCallback) { println("taken") }

// closed opens when it is called off.
type closed struct{ never }

func (closed) Create(chan component.Message) component.Component { return never{} }

func (closed) Open(ctx context.Context) error {
	println("opening")
	<-ctx.Done()
	return ctx.Err()
}

type failer struct{}

func (failer) Amount() int                                       { return 1 }
func (failer) Create(chan component.Message) component.Component { return failer{} }

func (failer) Handle(m component.Message, handled component.HandledCallback) {
	if string(m.GetData()) == "good" {
		handled(component.Report{})
		return
	}
	handled(component.Report{Status: 250, Description: "not good"})
}

func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			e.Setenv("GORACE", noPause)
			return nil
		},
		UpdateScripts: *update,
	})
}

// exits runs a command that must end with a code: exits CODE COMMAND ARGUMENT…
func exits(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: exits code command [argument...]")
	}
	if code := codeOf(ts.Exec(args[1], args[2:]...)); code != args[0] {
		ts.Fatalf("it exits with %s", code)
	}
}

func codeOf(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case errors.As(err, &exit):
		return strconv.Itoa(exit.ExitCode())
	}
	return err.Error()
}
