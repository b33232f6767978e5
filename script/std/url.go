package std

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

var urlGroup = Group{
	Name:    "url",
	Summary: "URLs, their parts and their queries.",
	Functions: []Function{
		function("url.parse", "url.parse(text) -> table",
			"Returns the parts that are there: scheme, user, password, host, port (a number), path, query, fragment, and opaque for what is like "+
				"`mailto:a@b`. Path, query and fragment are as they are written; url.unescape and url.query decode them. "+
				"What is no URL gives nil and a description.",
			`
gopiper.url.parse("https://ann@example.com:8080/a%20b?q=1#top") --> {scheme = "https", user = "ann", host = "example.com", port = 8080, path = "/a%20b", query = "q=1", fragment = "top"}
gopiper.url.parse("http://[::1") --> nil, "url: missing ']' in host"
`, urlParse),
		function("url.build", "url.build(table) -> text",
			"Makes a URL of its parts, as url.parse returns them; what must be escaped in them is. The query may also be a table of strings, numbers, "+
				"booleans and lists of them, and is sorted by name then. Parts that make no URL give nil and a description.",
			`
gopiper.url.build{ scheme = "https", host = "example.com", path = "/a b", query = { q = "x&y" } } --> "https://example.com/a%20b?q=x%26y"
`, urlBuild),
		function("url.query", "url.query(text) -> table",
			"Reads a query, with or without the question mark. A name that is there once has a text, one that repeats a list of texts. "+
				"An escape that is wrong gives nil and a description.",
			`
gopiper.url.query("a=1&b=x+y&c=2&c=3") --> {a = "1", b = "x y", c = {"2", "3"}}
`, urlQuery),
		function("url.escape", "url.escape(text) -> text",
			"Escapes a text so that it can stand in any part of a URL: all bytes but letters, digits and `-_.~`.",
			`
gopiper.url.escape("a b/c") --> "a%20b%2Fc"
`, func(a *arguments) []Value {
				return a.made(appendEscaped(a.buffer[:0], a.text(1)))
			}),
		function("url.unescape", "url.unescape(text) -> text",
			"Resolves escapes; a plus sign stays. An escape that is wrong gives nil and a description.",
			`
gopiper.url.unescape("a%20b+c") --> "a b+c"
gopiper.url.unescape("50%") --> nil, 'url: invalid URL escape "%"'
`, func(a *arguments) []Value {
				text, err := url.PathUnescape(a.text(1))
				if err != nil {
					return a.failed("url: %s", err.Error())
				}
				return a.result(text)
			}),
	},
}

func appendEscaped(out []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		if letter := c | 0x20; 'a' <= letter && letter <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return out
}

func urlParse(a *arguments) []Value {
	text := a.text(1)
	if !a.charge(len(text)) {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		if e, ok := err.(*url.Error); ok {
			err = e.Err
		}
		return a.failed("url: %s", err.Error())
	}
	t := a.tables.Take()
	set := func(name, value string) {
		if value != "" {
			t.Set(name, Text(value))
		}
	}
	set("scheme", u.Scheme)
	set("opaque", u.Opaque)
	set("user", u.User.Username())
	if password, ok := u.User.Password(); ok {
		t.Set("password", Text(password))
	}
	set("host", u.Hostname())
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		t.Set("port", Num(float64(port)))
	} else if u.Port() != "" {
		return a.failed("url: %s is no port", quoted(u.Port()))
	}
	set("path", u.EscapedPath())
	set("query", u.RawQuery)
	set("fragment", u.EscapedFragment())
	return a.one(OfTable(t))
}

// The parts of a URL, and their names.
const (
	schemePart = iota
	opaquePart
	userPart
	passwordPart
	hostPart
	portPart
	pathPart
	queryPart
	fragmentPart
	partCount
)

var urlParts = [partCount]string{"scheme", "opaque", "user", "password", "host", "port", "path", "query", "fragment"}

// parts returns the parts of a URL that a table names, and whether a password is one.
func (a *arguments) parts(t *Table) (parts [partCount]string, password bool) {
	for i, name := range t.Names {
		v := t.Fields[i]
		part := slices.Index(urlParts[:], name)
		if part < 0 {
			a.bad(1, "the unknown part %s; there are %s", quoted(name), strings.Join(urlParts[:], ", "))
			continue
		}
		if t, ok := a.tableIn(1, v); ok && name == "query" {
			parts[part] = a.query(t)
			continue
		}
		text, ok := v.AsText()
		if !ok {
			a.bad(1, "the part %s is a %s; a string expected", name, v.TypeName())
		}
		parts[part] = text
		password = password || part == passwordPart
	}
	return parts, password
}

func (a *arguments) query(t *Table) string {
	values := make(url.Values, len(t.Names))
	for i, name := range t.Names {
		list := []Value{t.Fields[i]}
		if t, ok := a.tableIn(1, list[0]); ok {
			list = t.List
		}
		for _, v := range list {
			text, ok := v.AsText()
			if v.Kind == Boolean {
				text, ok = strconv.FormatBool(v.Bool), true
			}
			if !ok {
				a.bad(1, "the query's %s is a %s; strings, numbers, booleans and lists of them can be written", quoted(name), v.TypeName())
			}
			values.Add(name, text)
		}
	}
	return strings.ReplaceAll(values.Encode(), "+", "%20")
}

func urlBuild(a *arguments) []Value {
	parts, withPassword := a.parts(a.table(1))
	if a.err != nil {
		return nil
	}
	u := url.URL{Scheme: parts[schemePart], Opaque: parts[opaquePart], Host: parts[hostPart], RawQuery: escapeRest(parts[queryPart])}
	if strings.Contains(u.Host, ":") && !strings.HasPrefix(u.Host, "[") {
		if _, err := netip.ParseAddr(u.Host); err != nil {
			return a.failed("url: the host %s has a colon; a port is a part of its own", quoted(u.Host))
		}
		u.Host = "[" + u.Host + "]"
	}
	if port := parts[portPart]; port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return a.failed("url: %s is no port", quoted(port))
		}
		u.Host = net.JoinHostPort(strings.Trim(u.Host, "[]"), port)
	}
	if withPassword {
		u.User = url.UserPassword(parts[userPart], parts[passwordPart])
	} else if parts[userPart] != "" {
		u.User = url.User(parts[userPart])
	}
	u.Path, u.RawPath = decoded(parts[pathPart])
	u.Fragment, u.RawFragment = decoded(parts[fragmentPart])
	if u.Host != "" && u.Path != "" && u.Path[0] != '/' {
		return a.failed("url: the path %s behind a host does not begin with /", quoted(parts[pathPart]))
	}
	text := u.String()
	if _, err := url.Parse(text); err != nil {
		return a.failed("url: the parts make no URL: %s", err.(*url.Error).Err.Error())
	}
	return a.result(text)
}

// decoded returns a part and, if it is one, how it is written; a part that is
// not well escaped is taken literally.
func decoded(part string) (text, raw string) {
	text, err := url.PathUnescape(part)
	if err != nil {
		return part, ""
	}
	return text, part
}

// escapeRest escapes what cannot stand in a query that is already written.
func escapeRest(query string) string {
	const hex = "0123456789ABCDEF"
	bad := func(c byte) bool { return c <= ' ' || c >= 0x7f || strings.IndexByte("\"#<>", c) >= 0 }
	if strings.IndexFunc(query, func(r rune) bool { return r >= 0x7f || bad(byte(r)) }) < 0 {
		return query
	}
	var out []byte
	for i := range len(query) {
		if c := query[i]; bad(c) {
			out = append(out, '%', hex[c>>4], hex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}

func urlQuery(a *arguments) []Value {
	text := strings.TrimPrefix(a.text(1), "?")
	if !a.charge(len(text)) {
		return nil
	}
	t := a.tables.Take()
	for pair := range strings.SplitSeq(text, "&") {
		if !a.value() {
			return a.excess()
		}
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return a.failed("url: %s", err.Error())
		}
		switch before := t.Get(name); before.Kind {
		case Nil:
			t.Set(name, Text(value))
		case String:
			t.Set(name, OfTable(&Table{List: []Value{before, Text(value)}, Array: true}))
		default:
			before.Table.Append(Text(value))
		}
	}
	return a.one(OfTable(t))
}
