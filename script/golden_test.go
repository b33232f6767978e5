package script

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files anew")

// testOptions is the surroundings of the scripts in testdata.
func testOptions(t testing.TB) Options {
	return Options{
		Directory: "testdata/files",
		Modules:   "testdata/modules",
		Environment: func(name string) (string, bool) {
			return "value of " + name, !strings.HasPrefix(name, "UNSET")
		},
		Print:     func(at plan.Position, text string) { t.Logf("%v: %s", at, text) },
		Known:     []string{"stdin", "stdout", "file", "http", "kafka", "parse", "filter", "switchboard"},
		TimeLimit: time.Minute,
	}
}

// Every script in testdata has a golden file beside it: the plan as JSON and
// the warnings, or the error.
func TestGolden(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	failures := 0
	for _, path := range scripts {
		directory, file := filepath.Split(path)
		if directory == "testdata/modules/" || directory == "testdata/files/" {
			continue
		}
		wantError := directory == "testdata/error/"
		if wantError {
			failures++
		}
		t.Run(file, func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, failed := golden(t, file, source)
			if failed != wantError {
				t.Errorf("in %s, but got:\n%s", directory, got)
			}
			want := strings.TrimSuffix(path, ".lua") + ".golden"
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(expected) {
				t.Errorf("got:\n%s\nwant:\n%s", got, expected)
			}
		})
	}
	if failures < 30 {
		t.Errorf("only %d scripts with errors", failures)
	}
}

func golden(t *testing.T, file string, source []byte) (text string, failed bool) {
	options := testOptions(t)
	if strings.HasPrefix(file, "endless") {
		options.TimeLimit = 20 * time.Millisecond
	}
	s, err := Load(context.Background(), file, source, options)
	var e *Error
	if errors.As(err, &e) {
		text = e.Error() + "\n"
		if e.Stack != "" {
			text += e.Stack + "\n"
		}
		return text, true
	}
	if err != nil {
		t.Fatalf("%T: %v", err, err)
	}
	problems := s.Plan().Validate()
	json, err := s.Plan().JSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.TrimSpace(string(json)) + "\n"
	for _, w := range s.Warnings() {
		text += "warning: " + w.String() + "\n"
	}
	if err := problems.Err(); err != nil {
		text += "problem: " + err.Error() + "\n"
	}
	return text, false
}
