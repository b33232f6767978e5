package script

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// This file says more about a syntax error than the parser does: what is open where
// it stands, and what was probably meant.

// opened is a block or bracket that is open.
type opened struct {
	name  string // as it is written
	line  int
	close string
}

var closers = map[int]string{'(': ")", '{': "}", '[': "]"}

// openAt returns what is open where the source ends, or, if line is not 0, at the
// token that ends in that line and column, and the token before it. mismatch is what is open
// if a bracket or end closes something else.
func openAt(source []byte, line, column int) (open []opened, before string, mismatch *opened) {
	scanner, lexer := parse.NewScanner(bytes.NewReader(source), ""), &parse.Lexer{}
	loops := 0 // while and for whose do has not come yet
	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type < 0 {
			return open, before, nil
		}
		if line > 0 && token.Pos.Line == line && lastColumn(token) >= column {
			return open, before, wrongClose(open, token)
		}
		lexer.PrevTokenType = token.Type
		before = token.Str
		switch token.Type {
		case '(', '{', '[':
			open = append(open, opened{string(rune(token.Type)), token.Pos.Line, closers[token.Type]})
		case parse.TFunction, parse.TIf:
			open = append(open, opened{token.Str, token.Pos.Line, "end"})
		case parse.TWhile, parse.TFor:
			open = append(open, opened{token.Str, token.Pos.Line, "end"})
			loops++
		case parse.TDo:
			if loops > 0 {
				loops--
				break
			}
			open = append(open, opened{"do", token.Pos.Line, "end"})
		case parse.TRepeat:
			open = append(open, opened{"repeat", token.Pos.Line, "until"})
		case ')', '}', ']', parse.TEnd, parse.TUntil:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
}

// lastColumn is where a token ends, about.
func lastColumn(token ast.Token) int {
	n := max(1, len(token.Str))
	if token.Type == parse.TString {
		n += 2 // quotes
	}
	return token.Pos.Column + n - 1
}

// wrongClose returns what is open if the token closes something else.
func wrongClose(open []opened, token ast.Token) *opened {
	switch token.Type {
	case ')', '}', ']', parse.TEnd, parse.TUntil:
		if len(open) > 0 && open[len(open)-1].close != token.Str {
			return &open[len(open)-1]
		}
	}
	return nil
}

// missingAtEnd says what is missing at the end of the source.
func missingAtEnd(source []byte) string {
	open, _, _ := openAt(source, 0, 0)
	if len(open) == 0 {
		return "syntax error at the end of the file: something is missing, such as what is assigned or returned"
	}
	last := open[len(open)-1]
	return fmt.Sprintf("syntax error at the end of the file: the %q of line %d has no %q", last.name, last.line, last.close)
}

// operators are those of other languages, with what Lua has for them.
var operators = []struct{ before, near, hint string }{
	{"!", "=", "not equal is ~="}, {"", "!", "not is not, and not equal is ~="},
	{"", "+", "Lua has no += and no ++; write x = x + 1"}, {"", "-", "Lua has no -=; write x = x - 1"}, {"&", "", "and is and"}, {"|", "", "or is or"},
	{"", "&", "and is and"}, {"", "|", "or is or"}, {"", "?", "Lua has no ?:; write c and a or b"},
	{"else", "if", "write elseif"},
}

// hintNear says what was probably meant where the parser does not go on.
func hintNear(source []byte, at ast.Position, near string) string {
	open, before, wrong := openAt(source, at.Line, at.Column)
	for _, o := range operators {
		if (o.before == "" || o.before == before) && (o.near == "" || o.near == near) {
			return "; " + o.hint
		}
	}
	switch {
	case wrong != nil:
		return fmt.Sprintf("; the %q of line %d has no %q before it", wrong.name, wrong.line, wrong.close)
	case len(open) == 0 && (near == "end" || near == ")" || near == "}" || near == "]"):
		return "; there is nothing to close"
	case len(open) == 0:
		return ""
	}
	switch inner := open[len(open)-1]; {
	case near == "=" && (inner.name == "if" || inner.name == "while"):
		return "; to compare, write =="
	case inner.name == "{" && near != "=" && near != "," && !strings.HasPrefix(near, "<"):
		return fmt.Sprintf("; is a comma missing before it? It is in the { of line %d", inner.line)
	case inner.name == "(" && near != "," && near != "=":
		return fmt.Sprintf("; is a comma or a ) missing before it? It is in the ( of line %d", inner.line)
	}
	return ""
}
