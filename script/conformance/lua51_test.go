package conformance

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "ask lua5.1 anew what is expected, and write that and the page")

// lua51 is Debian's Lua 5.1, "" where it is not installed.
var lua51, _ = exec.LookPath("lua5.1")

// driver runs chunks, each of which returns show and a function, and writes what
// comes of each, with its length before it.
const driver = `
for _, chunk in ipairs(chunks) do
  local out = "syntax 0 \n"
  local f = loadstring(chunk, "@case.lua")
  if f then
    setfenv(f, setmetatable({}, { __index = _G }))
    local show, case = f()
    local ok, result = pcall(function() return show(case()) end)
    out = ok and result or "error 0 \n"
  end
  io.write(#out, "\n", out)
end`

// runLua runs a program with lua5.1 and returns what it writes.
func runLua(t testingT, program string) string {
	t.Helper()
	command := exec.Command(lua51, "-")
	command.Stdin = strings.NewReader(program)
	command.Env = append(os.Environ(), "TZ=UTC", "LUA_INIT=")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("lua5.1: %v: %s", err, stderr.String())
	}
	return string(output)
}

// quoted is a string as Lua source.
func quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(text) {
		if c < ' ' || c == '"' || c == '\\' || c > '~' {
			fmt.Fprintf(&out, "\\%03d", c)
		} else {
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// ask returns what lua5.1 makes of the cases.
func ask(t *testing.T, cases []luaCase) []string {
	t.Helper()
	var program strings.Builder
	program.WriteString("local chunks = {")
	for i := range cases {
		program.WriteString(quoted(cases[i].wrapped()+" return show, case") + ",\n")
	}
	program.WriteString("}" + driver)
	output := runLua(t, program.String())
	var answers []string
	for output != "" {
		digits, rest, _ := strings.Cut(output, "\n")
		n, err := strconv.Atoi(digits)
		if err != nil || n > len(rest) {
			t.Fatalf("lua5.1 wrote %q", output)
		}
		answers, output = append(answers, decode(rest[:n])), rest[n:]
	}
	if len(answers) != len(cases) {
		t.Fatalf("%d answers to %d cases", len(answers), len(cases))
	}
	return answers
}

// TestExpected holds the committed expectations to lua5.1, or writes them. Where
// lua5.1 is not installed they are taken as they are.
func TestExpected(t *testing.T) {
	if lua51 == "" {
		if *update {
			t.Fatal("there is no lua5.1 to ask; install it (Debian and Ubuntu: apt-get install lua5.1)")
		}
		t.Log("lua5.1 is not installed: what is expected is not checked again")
		return
	}
	for _, file := range caseFiles(t) {
		cases := readCases(t, file)
		var out strings.Builder
		for i, answer := range ask(t, cases) {
			_, name, _ := strings.Cut(cases[i].name, "/")
			out.WriteString("--- " + name + "\n")
			if answer != "" {
				out.WriteString(answer + "\n")
			}
		}
		name := expectedName(file)
		if *update {
			if err := os.WriteFile(name, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		committed, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(committed) != out.String() {
			t.Errorf("%s is not what lua5.1 says; run go generate ./script/conformance and look at the changes", name)
		}
	}
}
