package script

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A check is what a message must be.
type check struct {
	kind string // one of the kinds below, "" for exactly the text, "json" for the value at path
	path path   // in a JSON message; nil for all of the message
	arg  text
	data []byte // hex
}

// kinds are the words that begin a check; a text that begins with one is written in quotes.
const (
	kindAny    = "any"
	kindPrefix = "prefix"
	kindMatch  = "match"
	kindHex    = "hex"
	kindExists = "exists"
	kindAbsent = "absent"
	kindJSON   = "json"
)

// check reads the rest of an expect.
func (p *parser) check(rest string) (c check, err error) {
	if rest == "" {
		return c, fmt.Errorf(`what is expected is missing; "" is the empty message, and any is any`)
	}
	if rest[0] == '$' && !strings.HasPrefix(rest, "${") && !strings.HasPrefix(rest, "$$") {
		if c.path, rest, err = parsePath(rest); err != nil {
			return c, err
		}
		return p.valueCheck(c, rest)
	}
	word, arg := cut(rest)
	switch {
	case word == kindAny && arg == "":
		c.kind = kindAny
		return c, nil
	case word == kindHex && arg != "":
		c.kind = kindHex
		c.data, err = parseHex(arg)
		return c, err
	case (word == kindPrefix || word == kindMatch) && arg != "":
		return p.textCheck(c, word, arg)
	}
	c.arg, err = p.text(rest)
	return c, err
}

// valueCheck reads what the value at a path must be.
func (p *parser) valueCheck(c check, rest string) (check, error) {
	word, arg := cut(rest)
	switch {
	case (word == kindExists || word == kindAbsent) && arg == "":
		c.kind = word
		return c, nil
	case (word == kindPrefix || word == kindMatch) && arg != "":
		return p.textCheck(c, word, arg)
	}
	c.kind = kindJSON
	if !json.Valid([]byte(rest)) {
		return c, fmt.Errorf(`%q is not JSON; a value is written as 1, "text", true or {"a": 1}; `+
			"or use exists, absent, prefix TEXT or match REGEXP", rest)
	}
	c.arg = text(rest) // with references inside of JSON strings, where they are expanded
	return c, p.checkReferences(rest)
}

func (p *parser) textCheck(c check, kind, arg string) (_ check, err error) {
	c.kind = kind
	if c.arg, err = p.text(arg); err != nil {
		return c, err
	}
	if kind == kindMatch {
		plain := c.arg.expand(nil, regexp.QuoteMeta)
		if _, err := regexp.Compile(plain); err != nil {
			return c, err
		}
	}
	return c, nil
}

// A message is one that came.
type message struct {
	op   ws.Opcode
	data []byte
}

// String returns the message as failures show it.
func (m message) String() string {
	if m.op == ws.OpBinary {
		return "hex " + shorten(hex.EncodeToString(m.data))
	}
	return quote(string(m.data))
}

// A mismatch is what a check wanted and what it got, both for people.
type mismatch struct{ want, got string }

// run compares a message. It returns nil if the message is as it must be.
func (c check) run(m message, vars map[string]string) *mismatch {
	if c.kind == kindAny {
		return nil
	}
	if c.kind == kindHex {
		if m.op == ws.OpBinary && string(m.data) == string(c.data) {
			return nil
		}
		return &mismatch{message{ws.OpBinary, c.data}.String(), m.String()}
	}
	if m.op == ws.OpBinary {
		return &mismatch{"a text message", m.String()}
	}
	if c.path == nil {
		return c.compareText(string(m.data), quote(string(m.data)), vars)
	}
	doc, err := decode(string(m.data))
	if err != nil {
		return &mismatch{"a message that is JSON", m.String()}
	}
	value, ok := c.path.of(doc)
	return c.compareValue(value, ok, vars, m)
}

// compareText compares a text; shown is how a failure shows it.
func (c check) compareText(got, shown string, vars map[string]string) *mismatch {
	switch c.kind {
	case kindPrefix:
		want := c.arg.expand(vars, unquoted)
		if strings.HasPrefix(got, want) {
			return nil
		}
		return &mismatch{"a text that begins with " + quote(want), shown}
	case kindMatch:
		want := c.arg.expand(vars, regexp.QuoteMeta)
		re, err := regexp.Compile(want)
		if err == nil && re.MatchString(got) {
			return nil
		}
		return &mismatch{"a text that matches " + want, shown}
	}
	want := c.arg.expand(vars, unquoted)
	if got == want {
		return nil
	}
	return &mismatch{quote(want), shown}
}

// compareValue compares the value at the path, if there is one.
func (c check) compareValue(value any, ok bool, vars map[string]string, m message) *mismatch {
	shown := "no such value in " + m.String()
	if ok {
		shown = encode(value) + " in " + m.String()
	}
	switch {
	case c.kind == kindAbsent && ok:
		return &mismatch{"no such value", shown}
	case c.kind == kindAbsent, c.kind == kindExists && ok:
		return nil
	case c.kind == kindExists:
		return &mismatch{"a value", shown}
	case c.kind == kindJSON:
		want := c.arg.expand(vars, inJSON)
		if doc, err := decode(want); err == nil && ok && equal(doc, value) {
			return nil
		}
		return &mismatch{want, shown}
	}
	got, isText := value.(string)
	if !isText {
		return &mismatch{"a text", shown}
	}
	return c.compareText(got, shown, vars)
}

// encode returns JSON on one line.
func encode(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // it was decoded from JSON
	return shorten(strings.TrimSuffix(b.String(), "\n"))
}

// quote returns a text as a JSON string, shortened.
func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(shorten(s)) // strings cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}

// longestShown is how much of a message a failure shows, in bytes.
const longestShown = 500

func shorten(s string) string {
	if len(s) <= longestShown {
		return s
	}
	cut := strings.ToValidUTF8(s[:longestShown], "")
	return fmt.Sprintf("%s… (%d bytes)", cut, len(s))
}
