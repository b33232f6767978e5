package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

func TestExitCode(t *testing.T) {
	ended := func(err error) error { return &gopiper.PipelineError{Pipeline: "p", Err: err} }
	other := errors.New("other")
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, exitOK},
		{other, exitFailed},
		{ended(other), exitFailed},
		{invalidf("bad flag: %w", other), exitInvalid},
		{plan.Problems{{Message: "x"}}, exitInvalid},
		{fmt.Errorf("prepared: %w", plan.Problems{{Message: "x"}}), exitInvalid},
		{quiet(plan.Problems{{Message: "x"}}), exitInvalid},
		{quiet(nil), exitOK},
		{errors.Join(ended(gopiper.ErrUnhandled)), exitUnhandled},
		{errors.Join(ended(gopiper.ErrUnhandled), ended(gopiper.ErrNotDrained), ended(gopiper.ErrUnhandled)), exitNotDrained},
		{errors.Join(ended(gopiper.ErrNotDrained), ended(other), ended(gopiper.ErrUnhandled)), exitFailed},
		{errors.Join(errors.Join(ended(gopiper.ErrUnhandled), ended(other)), nil), exitFailed},
		{errors.Join(errors.Join(ended(gopiper.ErrUnhandled)), ended(gopiper.ErrNotDrained)), exitNotDrained},
		{errors.Join(unhandledBefore{}), exitUnhandled},
		{errors.Join(ended(gopiper.ErrNotDrained), unhandledBefore{}), exitNotDrained},
		{quiet(gopiper.ErrUnhandled), exitUnhandled},
		{childEnded(exitSignal + 15), exitSignal + 15},
		{childEnded(exitOK), exitOK},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("%v: %d, want %d", test.err, got, test.want)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	const version2, version1 = "sys/fs/cgroup", "sys/fs/cgroup/memory"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no control groups", nil, 0},
		{"version 2, the least counts", map[string]string{
			"proc/self/cgroup":                    "0::/user/service\n",
			version2 + "/user/service/memory.max": "max\n",
			version2 + "/user/memory.max":         "1000000\n",
			version2 + "/memory.max":              "2000000\n",
		}, 1000000},
		{"version 2 in a container", map[string]string{"proc/self/cgroup": "0::/\n", version2 + "/memory.max": "512\n"}, 512},
		{"version 1", map[string]string{
			"proc/self/cgroup": "5:cpu:/x\n4:memory:/docker/abc\n",
			version1 + "/docker/abc/memory.limit_in_bytes": "700\n",
			version1 + "/memory.limit_in_bytes":            "9223372036854771712\n",
		}, 700},
		{"nonsense", map[string]string{"proc/self/cgroup": "what\n0::/../..\n", version2 + "/memory.max": "much\n"}, 0},
	} {
		root := t.TempDir()
		for name, text := range test.files {
			file := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got := memoryLimit(root); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestEveryStageAttributeIsDocumented(t *testing.T) {
	if len(everyStage) != len(component.StageAttributes) {
		t.Fatalf("%d of %d are documented", len(everyStage), len(component.StageAttributes))
	}
	for i, name := range component.StageAttributes {
		if everyStage[i].name != name {
			t.Errorf("%s stands where %s should", everyStage[i].name, name)
		}
	}
}
