package replace

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// template is what is put in the place of a match: texts and groups.
type template []piece

// piece is a text, or, if that is empty, what a group matched. Group 0 is the
// whole match.
type piece struct {
	text  string
	group int
}

// parseTemplate parses the text for an expression, in the syntax of
// regexp.Regexp.Expand; what that would silently leave out is an error.
func parseTemplate(text string, expression *regexp.Regexp) (template, error) {
	var t template
	for {
		before, after, found := strings.Cut(text, "$")
		if before != "" {
			t = append(t, piece{text: before})
		}
		if !found {
			return t, nil
		}
		if rest, ok := strings.CutPrefix(after, "$"); ok {
			t = append(t, piece{text: "$"})
			text = rest
			continue
		}
		name, rest, err := cutName(after)
		if err != nil {
			return nil, err
		}
		group, err := findGroup(name, expression)
		if err != nil {
			return nil, err
		}
		t = append(t, piece{group: group})
		text = rest
	}
}

// cutName cuts a group's name off the text behind a dollar sign.
func cutName(text string) (name, rest string, err error) {
	if inner, ok := strings.CutPrefix(text, "{"); ok {
		if name, rest, ok = strings.Cut(inner, "}"); !ok {
			return "", "", fmt.Errorf("${%s: there is no } behind it", inner)
		}
		return name, rest, nil
	}
	end := 0
	for end < len(text) && isNameByte(text[end]) {
		end++
	}
	if end == 0 {
		return "", "", fmt.Errorf("$%s: no group is named behind the dollar sign; write $$ for the sign itself", text)
	}
	return text[:end], text[end:], nil
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func findGroup(name string, expression *regexp.Regexp) (int, error) {
	if group, err := strconv.Atoi(name); err == nil && group >= 0 {
		if n := expression.NumSubexp(); group > n {
			return 0, fmt.Errorf("${%s}: the pattern has no more than %d groups", name, n)
		}
		return group, nil
	}
	if group := expression.SubexpIndex(name); name != "" && group >= 0 {
		return group, nil
	}
	hint := ""
	if digits := len(name) - len(strings.TrimLeft(name, "0123456789")); digits > 0 {
		hint = fmt.Sprintf("; for a group with text behind it write ${%s}%s", name[:digits], name[digits:])
	}
	return 0, fmt.Errorf("${%s}: the pattern has no group of that name%s", name, hint)
}

func (t template) hasGroups() bool {
	for _, p := range t {
		if p.text == "" && p.group > 0 {
			return true
		}
	}
	return false
}

// length is how long the template is for a match.
func (t template) length(spans []int) int {
	n := 0
	for _, p := range t {
		if p.text != "" {
			n += len(p.text)
		} else {
			n += spans[2*p.group+1] - spans[2*p.group]
		}
	}
	return n
}

// expand appends the template for a match in data. A group that took no part
// in it is empty.
func (t template) expand(dst, data []byte, spans []int) []byte {
	for _, p := range t {
		if p.text != "" {
			dst = append(dst, p.text...)
		} else if start := spans[2*p.group]; start >= 0 {
			dst = append(dst, data[start:spans[2*p.group+1]]...)
		}
	}
	return dst
}
