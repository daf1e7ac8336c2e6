// Package script is the language of "tyg connect --script": what to send to a WebSocket server, and
// what must come back. A script is a test that a person who writes no Go can read.
package script

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxSize is the longest script, in bytes.
const MaxSize = 1 << 20

// A Script is a list of steps, made by [Parse].
type Script struct {
	File  string // for messages
	steps []step
}

// A step is one line of a script.
type step struct {
	line int    // from 1
	text string // as it was written
	verb string

	arg   text          // send, set
	data  []byte        // send-hex
	check check         // expect, and
	name  string        // set: of the variable
	path  path          // set: in the last message, if it has one
	env   string        // set: variable of the environment
	wait  time.Duration // wait, timeout, expect-none
	code  int           // expect-close
	cause *text         // expect-close: the reason, if it matters
}

// A parser holds what is known at a line.
type parser struct {
	file  string
	known map[string]bool // variables that an earlier line sets
	heard bool            // an earlier line expects a message
}

// verbs has the function that reads the rest of a line, by its first word.
func verbs() map[string]func(*parser, *step, string) error {
	return map[string]func(*parser, *step, string) error{
		"send":         (*parser).send,
		"send-hex":     (*parser).sendHex,
		"expect":       (*parser).expect,
		"and":          (*parser).and,
		"expect-none":  (*parser).duration,
		"expect-close": (*parser).expectClose,
		"wait":         (*parser).duration,
		"timeout":      (*parser).duration,
		"set":          (*parser).set,
	}
}

// Parse reads a script. An error begins with the name of the file and the number of the line.
func Parse(file string, source []byte) (*Script, error) {
	if len(source) > MaxSize {
		return nil, fmt.Errorf("%s: a script has at most %d bytes", file, MaxSize)
	}
	if !utf8.Valid(source) {
		return nil, fmt.Errorf("%s: the script is not valid UTF-8", file)
	}
	s := &Script{File: file}
	p := &parser{file: file, known: make(map[string]bool)}
	number := 0
	for line := range strings.Lines(string(source)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		st := step{line: number, text: line}
		if err := p.step(&st); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, number, err)
		}
		s.steps = append(s.steps, st)
	}
	if len(s.steps) == 0 {
		return nil, fmt.Errorf("%s: the script has no steps", file)
	}
	return s, nil
}

func (p *parser) step(st *step) error {
	verb, rest := cut(st.text)
	st.verb = verb
	parse := verbs()[verb]
	if parse == nil {
		return fmt.Errorf("there is no step %q; use send, send-hex, expect, and, expect-none, "+
			"expect-close, wait, timeout or set", verb)
	}
	return parse(p, st, rest)
}

// cut takes the first word off.
func cut(line string) (word, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimSpace(line[i:])
}

func (p *parser) send(st *step, rest string) (err error) {
	st.arg, err = p.text(rest)
	return err
}

func (p *parser) sendHex(st *step, rest string) (err error) {
	st.data, err = parseHex(rest)
	return err
}

func parseHex(digits string) ([]byte, error) {
	data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		return nil, fmt.Errorf("%q is not hexadecimal, such as 00ff", digits)
	}
	return data, nil
}

func (p *parser) expect(st *step, rest string) (err error) {
	p.heard = true
	st.check, err = p.check(rest)
	return err
}

func (p *parser) and(st *step, rest string) error {
	if !p.heard {
		return fmt.Errorf("and checks the message of an expect, and there is none before it")
	}
	return p.expect(st, rest)
}

func (p *parser) duration(st *step, rest string) error {
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || d > time.Hour {
		return fmt.Errorf("%s %q: use a time from 0s to 1h, such as 500ms", st.verb, rest)
	}
	if st.verb == "timeout" && d == 0 {
		return fmt.Errorf("timeout: use a time longer than 0s")
	}
	st.wait = d
	return nil
}

func (p *parser) expectClose(st *step, rest string) (err error) {
	code, reason := cut(rest)
	st.code, err = strconv.Atoi(code)
	if err != nil || st.code < 1000 || st.code > 4999 {
		return fmt.Errorf("expect-close %q: use a code from 1000 to 4999; 1005 is a close without "+
			"a code, and 1006 an end without a close", code)
	}
	if reason == "" {
		return nil
	}
	t, err := p.text(reason)
	st.cause = &t
	return err
}

// variable is the form of a variable's name.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (p *parser) set(st *step, rest string) (err error) {
	name, value := cut(rest)
	if !variable.MatchString(name) || value == "" {
		return fmt.Errorf("set %q: write set NAME TEXT, set NAME $.path or set NAME env VARIABLE",
			name)
	}
	st.name = name
	word, arg := cut(value)
	switch {
	case word == "env" && arg != "":
		st.env = arg
	case value[0] == '$' && !strings.HasPrefix(value, "${"):
		if !p.heard {
			return fmt.Errorf("set %s takes a value from the message of an expect, and there is "+
				"none before it", name)
		}
		st.path, err = wholePath(value)
	default:
		st.arg, err = p.text(value)
	}
	p.known[name] = true
	return err
}
