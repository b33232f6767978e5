package transcript

import (
	"reflect"
	"strings"
	"testing"
)

const page = "# Page\n\n```lua\n-- dir/a.lua\nx = 1\n```\n\n```console\n$ cat dir/a.lua | sed 1d\nx = 1\n$ sh -c 'echo no >&2; exit 3'\nno\n$ echo $?\n3\n$ printf '%s\\n' \\\n> a\na\n```\n"

func TestBlocks(t *testing.T) {
	blocks := Blocks(page)
	if len(blocks) != 2 || blocks[0].Name() != "dir/a.lua" || blocks[1].Name() != "" || blocks[1].Line != 8 {
		t.Fatalf("%+v", blocks)
	}
	want := []Step{
		{"cat dir/a.lua | sed 1d\n", "x = 1\n", 9},
		{"sh -c 'echo no >&2; exit 3'\n", "no\n", 11},
		{"echo $?\n", "3\n", 13},
		{"printf '%s\\n' \\\na\n", "a\n", 15},
	}
	if got := blocks[1].Session(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestPlay(t *testing.T) {
	place := &Place{t.TempDir()}
	for _, problem := range place.Play(t.TempDir(), page) {
		t.Error(problem)
	}
	wrong := strings.Replace(page, "no\n", "yes\n", 2)
	problems := place.Play(t.TempDir(), wrong)
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), "line 11: ") {
		t.Errorf("%v", problems)
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		says, output string
		want         bool
	}{
		{"", "", true},
		{"a\n", "a\n", true},
		{"a.\n", "ab\n", false},
		{"a\n", "a\nb\n", false},
		{"a … c\n", "a b b c\n", true},
		{"a … c\n", "a\nc\n", false},
		{"a\n…\nd\n", "a\nb\nc\nd\n", true},
		{"a\n…\nd\n", "a\nb\nc\n", false},
		{"…\nd\n", "a\nb\nd\n", true},
	} {
		if got := Matches(test.says, test.output); got != test.want {
			t.Errorf("%q, %q: %v", test.says, test.output, got)
		}
	}
}
