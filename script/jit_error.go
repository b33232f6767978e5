package script

import (
	"errors"
	"regexp"
	"strings"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/luajit"
)

// remedies are what to do about errors, which LuaJIT says in words of its own.
var remedies = []struct {
	pattern *regexp.Regexp
	remedy  string
}{
	{regexp.MustCompile(`^attempt to (perform arithmetic on|compare) .*userdata`),
		"; null, an object, a list and a whole number beyond 2^53 are userdata: write tonumber(x), or ask for gopiper.null first"},
	{regexp.MustCompile(`^attempt to (perform arithmetic on|compare) .*nil`),
		"; is it missing, or spelled differently? Write (x or 0) for what may be missing"},
	{regexp.MustCompile(`^attempt to index .*\(a nil value\)$`), "; where it may be missing, ask first: if x then … end"},
	{regexp.MustCompile(`^attempt to call .*`), "; is it spelled right?"},
	{regexp.MustCompile(`^attempt to concatenate .*`), `; use tostring(x) for what may be no string, or (x or "")`},
	{regexp.MustCompile(`^stack overflow`), ": functions call one another too deep, or too many values are passed at once"},
}

// jitError turns an error of LuaJIT into one of the script.
func (s *Script) jitError(err error) *Error {
	var e *luajit.Error
	if !errors.As(err, &e) {
		return &Error{Position: plan.Position{File: s.name}, Message: err.Error()}
	}
	at := plan.Position{File: e.File, Line: e.Line}
	result := &Error{Position: at, Message: e.Message}
	for _, r := range remedies {
		if r.pattern.MatchString(e.Message) {
			result.Message += r.remedy
			break
		}
	}
	if lines := strings.Split(e.Stack, "\n"); len(lines) > 1 || e.Stack != "" && !strings.HasPrefix(e.Stack, at.String()+":") {
		result.Stack = e.Stack
	}
	return result
}
