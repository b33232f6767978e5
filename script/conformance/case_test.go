package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luaCase is a piece of Lua 5.1 and what lua5.1 makes of it.
type luaCase struct {
	name string // file/name
	body string // a block that returns values
	want string // one line a value, or "error", or "syntax"
}

// expectedName is the file of what is expected of a file of cases.
func expectedName(file string) string { return strings.TrimSuffix(file, ".lua") + ".expected" }

// block is the part of a file that begins with "--- name".
type block struct{ name, text string }

func blocks(t *testing.T, file string) []block {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []block
	for _, each := range strings.Split("\n"+string(text), "\n--- ")[1:] {
		name, text, _ := strings.Cut(each, "\n")
		list = append(list, block{name, text})
	}
	return list
}

// caseFiles are the files of Lua cases.
func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/lua/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// readCases reads the cases of a file without what is expected of them. A block
// in which every line begins with "= " has an expression, and is a case, on each.
func readCases(t *testing.T, file string) []luaCase {
	t.Helper()
	var list []luaCase
	seen := make(map[string]bool)
	for _, b := range blocks(t, file) {
		name := strings.TrimSuffix(filepath.Base(file), ".lua") + "/" + b.name
		body := strings.TrimRight(b.text, "\n")
		cases := []luaCase{{name: name, body: body}}
		if strings.HasPrefix(body, "= ") {
			cases = nil
			for line := range strings.SplitSeq(body, "\n") {
				expression, ok := strings.CutPrefix(line, "= ")
				if !ok {
					t.Fatalf("%s: %q is no expression", name, line)
				}
				cases = append(cases, luaCase{name: name + ": " + expression, body: "return " + expression})
			}
		}
		for _, c := range cases {
			if seen[c.name] || c.body == "" {
				t.Errorf("%s: two cases of this name, or one without Lua", c.name)
			}
			seen[c.name] = true
		}
		list = append(list, cases...)
	}
	return list
}

// luaCases are all cases with what is expected.
func luaCases(t *testing.T) []luaCase {
	t.Helper()
	var all []luaCase
	for _, file := range caseFiles(t) {
		list := readCases(t, file)
		expected := blocks(t, expectedName(file))
		for i := range list {
			if i >= len(expected) || filepath.Base(strings.TrimSuffix(file, ".lua"))+"/"+expected[i].name != list[i].name {
				t.Fatalf("%s: what lua5.1 makes of it is not known; run go generate ./script/conformance", list[i].name)
			}
			list[i].want = strings.TrimRight(expected[i].text, "\n")
		}
		all = append(all, list...)
	}
	return all
}

// values is how many values a case returns.
func (c *luaCase) values() int {
	if c.want == "" {
		return 0
	}
	return 1 + strings.Count(c.want, "\n")
}

// show is Lua that turns values into a text that decode reads. It stands on the
// first line of the scripts, before the case.
const show = `local function show(...) local out = "" ` +
	`for i = 1, select("#", ...) do local v = select(i, ...) local kind, text = type(v), "" ` +
	`if kind == "number" or kind == "string" or kind == "boolean" then text = tostring(v) end ` +
	`out = out .. kind .. " " .. #text .. " " .. text .. "\n" end return out end `

// wrapped is the case as a Lua function, which is behind its first line.
func (c *luaCase) wrapped() string { return show + "local function case(...) " + c.body + "\nend" }

// script describes a pipeline with the case in a function.
func (c *luaCase) script() string {
	return `local gopiper = require("gopiper") ` + c.wrapped() + `
local function handle(msg) msg.data = show(case()) end
gopiper.createPipeline{ gopiper.stdin{}, handle, gopiper.stdout{} }`
}

var returning = regexp.MustCompile(`\breturn\b`)

// direct does the same with the case as the body of the function itself, which
// can be compiled if the case is in the subset. Not all cases can be written so.
func (c *luaCase) direct() (string, bool) {
	n := c.values()
	statements, list := "", c.body
	if i := strings.LastIndexByte(c.body, '\n'); i >= 0 {
		statements, list = c.body[:i], c.body[i+1:]
	}
	if list, ok := strings.CutPrefix(list, "return "); ok && n > 0 && len(returning.FindAllString(c.body, -1)) == 1 {
		var names, shown []string
		for i := range n {
			name := fmt.Sprintf("value_%d", i+1)
			names = append(names, name)
			shown = append(shown, fmt.Sprintf(`type(%s) .. " " .. #tostring(%[1]s) .. " " .. tostring(%[1]s) .. "\n"`, name))
		}
		return `local gopiper = require("gopiper")
gopiper.createPipeline{ gopiper.stdin{}, function(msg) ` + statements + "\nlocal " + strings.Join(names, ", ") + " = " + list +
			"\nmsg.data = " + strings.Join(shown, " .. ") + ` end, gopiper.stdout{} }`, true
	}
	return "", false
}

// decode turns what show makes into the text of a .expected file.
func decode(shown string) string {
	var lines []string
	for shown != "" {
		kind, rest, ok1 := strings.Cut(shown, " ")
		digits, rest, ok2 := strings.Cut(rest, " ")
		size, err := strconv.Atoi(digits)
		if !ok1 || !ok2 || err != nil || size < 0 || size >= len(rest) {
			return "not what show makes: " + strconv.Quote(shown)
		}
		switch line := kind; kind {
		case "string":
			lines = append(lines, line+" "+strconv.QuoteToASCII(rest[:size]))
		case "number", "boolean":
			lines = append(lines, line+" "+rest[:size])
		default:
			lines = append(lines, line)
		}
		shown = rest[size+1:]
	}
	return strings.Join(lines, "\n")
}
