package docs

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var flagName = regexp.MustCompile(`--[a-z][a-z-]*`)

// innerCommands are those of a command, in its help.
var innerCommands = regexp.MustCompile(`(?m)^  ([a-z]+) ([a-z]+) `)

// cli.md has every command and flag that there is, and no other.
func TestCommandLine(t *testing.T) {
	page := read(t, "cli.md")
	help := func(arguments ...string) string {
		output, err := exec.Command(filepath.Join(place.Directory, "build", "gopiper"), append(arguments, "--help")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(output)
	}
	_, commands, _ := strings.Cut(help(), "\nCommands:\n")
	names := regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(commands, -1)
	if len(names) < 8 {
		t.Fatalf("%v", names)
	}
	for _, match := range names {
		_, section, found := strings.Cut(page, "\n## gopiper "+match[1]+"\n")
		if !found {
			t.Errorf("cli.md has no section on gopiper %s", match[1])
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		table := strings.Join(regexp.MustCompile(`(?m)^\| [^|]*`).FindAllString(section, -1), "\n")
		text := help(match[1])
		for _, inner := range innerCommands.FindAllStringSubmatch(text, -1) {
			if inner[1] != match[1] {
				continue
			}
			text += help(inner[1], inner[2])
			if !strings.Contains(table, "\n| `"+inner[2]+" ") {
				t.Errorf("cli.md does not have gopiper %s %s", inner[1], inner[2])
			}
		}
		got, want := flags(table), flags(text)
		if !slices.Equal(got, want) {
			t.Errorf("cli.md says that gopiper %s has %v; it has %v", match[1], got, want)
		}
	}
	for _, match := range regexp.MustCompile(`(?m)^## gopiper (\w+)$`).FindAllStringSubmatch(page, -1) {
		if !slices.ContainsFunc(names, func(name []string) bool { return name[1] == match[1] }) {
			t.Errorf("cli.md has a section on gopiper %s, which is not there", match[1])
		}
	}
}

// flags lists the flags in a text, but for --help.
func flags(text string) []string {
	names := flagName.FindAllString(text, -1)
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "--help" })
}

// cli.md has every exit code.
func TestExitCodes(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "cli.md"), "\n## Exit codes\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| (\d+)`).FindAllString(table, -1)
	var want []string
	for _, name := range []string{"exitOK", "exitFailed", "exitInvalid", "exitNotDrained", "exitUnhandled", "exitSignal"} {
		want = append(want, fmt.Sprintf("| %d", source(t, "cmd/gopiper/exit.go", name)))
	}
	if !slices.Equal(rows, want) {
		t.Errorf("cli.md has the exit codes %v, the code %v", rows, want)
	}
}
