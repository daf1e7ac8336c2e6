package script

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A server answers what is sent with what the test says.
type server struct {
	answers []message // in order; nil data means that nothing comes
	end     error     // after the answers
	sent    []string
}

func (s *server) Write(_ context.Context, _ ws.Opcode, data []byte) error {
	s.sent = append(s.sent, string(data))
	return nil
}

func (s *server) Read(ctx context.Context) (ws.Opcode, []byte, error) {
	if len(s.answers) == 0 && s.end != nil {
		return 0, nil, s.end
	}
	if len(s.answers) == 0 || s.answers[0].op == 0 {
		<-ctx.Done()
		return 0, nil, ctx.Err()
	}
	m := s.answers[0]
	s.answers = s.answers[1:]
	return m.op, m.data, nil
}

func texts(all ...string) (messages []message) {
	for _, text := range all {
		messages = append(messages, message{ws.OpText, []byte(text)})
	}
	return messages
}

func play(t *testing.T, source string, s *server) (out string, err error) {
	t.Helper()
	parsed, err := Parse("test.txt", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	getenv := func(string) string { return "s3cret" }
	r := Runner{Script: parsed, Conn: s, Timeout: 20 * time.Millisecond, Getenv: getenv, Out: &b}
	err = r.Run(t.Context())
	return b.String(), err
}

func TestScriptPasses(t *testing.T) {
	s := &server{
		answers: append(texts("Hello", `{"id": "a1", "n": 10, "of": [1, {"x y": true}]}`, "bye a1"),
			message{ws.OpBinary, []byte{0, 255}}),
		end: &ws.CloseError{Code: 4001, Reason: "old"},
	}
	out, err := play(t, `
# A comment, and an empty line.

set name "John\n"
set token env TOKEN
send ${name} $${x} ${token}
expect Hello
and prefix Hell
and match ^H.*o$
expect $.n 1e1
and $.of [1, {"x y": true}]
and $.of[-1]["x y"] true
and $.id match ^[a-z]\d$
and $.other absent
set id $.id
expect bye ${id}
send-hex 00 ff
expect hex 00ff
expect-close 4001 old
`, s)
	if err != nil {
		t.Error(err)
	}
	if len(s.sent) != 2 || s.sent[0] != "John\n ${x} s3cret" || s.sent[1] != "\x00\xff" {
		t.Errorf("it sent %q", s.sent)
	}
	if !strings.HasPrefix(out, "test.txt: 16 steps passed in ") {
		t.Errorf("it printed %q", out)
	}
}

func TestFailuresSayWhatCame(t *testing.T) {
	closed := &ws.CloseError{Code: 1000}
	for source, test := range map[string]struct {
		s    server
		want string
	}{
		"send Hi\nexpect One\nexpect Hello": {
			server{answers: texts("One", "Hallo")},
			`test.txt:3: expect Hello
  expected  "Hello"
  got       "Hallo"
  before it
    > "Hi"
    < "One"`,
		},
		"expect Hello": {server{}, `test.txt:1: expect Hello
  expected  a message
  got       nothing within the time`},
		"expect any": {server{end: closed}, `test.txt:1: expect any
  expected  a message
  got       a close with 1000`},
		"expect $.a 1": {server{answers: texts(`{"a": 2}`)}, `test.txt:1: expect $.a 1
  expected  1
  got       2 in "{\"a\": 2}"`},
		"expect $.a exists": {server{answers: texts("[]")}, `test.txt:1: expect $.a exists
  expected  a value
  got       no such value in "[]"`},
		"expect $.a 1 ": {server{answers: texts("no")}, `test.txt:1: expect $.a 1
  expected  a message that is JSON
  got       "no"`},
		"expect prefix a": {
			server{answers: []message{{ws.OpBinary, []byte{1}}}},
			`test.txt:1: expect prefix a
  expected  a text message
  got       hex 01`,
		},
		"expect-close 1000": {server{answers: texts("x")}, `test.txt:1: expect-close 1000
  expected  a close with 1000
  got       the message "x"`},
		"expect-close 1000 bye": {server{end: closed}, `test.txt:1: expect-close 1000 bye
  expected  a close with 1000 "bye"
  got       a close with 1000`},
		"expect-close 1000 ": {server{end: errors.New("reset")}, `test.txt:1: expect-close 1000
  expected  a close with 1000
  got       the end of the connection without a close (1006): reset`},
		"expect-none 1ms": {server{answers: texts("x")}, `test.txt:1: expect-none 1ms
  expected  no message within 1ms
  got       "x"`},
		"set t env T\nsend ${t}\nexpect ${t}": {
			server{answers: texts("not s3cret")},
			`test.txt:3: expect ${t}
  expected  "xxxxx"
  got       "not xxxxx"
  before it
    > "xxxxx"`,
		},
	} {
		_, err := play(t, source, &test.s)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q fails with\n%v\nwant\n%s", source, err, test.want)
		}
	}
}

// Quiet servers pass expect-none, also when a message comes later.
func TestExpectNone(t *testing.T) {
	if _, err := play(t, "expect-none 1ms\nwait 1ms\ntimeout 5ms", &server{}); err != nil {
		t.Error(err)
	}
}

func TestMistakesInScriptsNameTheLine(t *testing.T) {
	for source, want := range map[string]string{
		"":                        "test.txt: the script has no steps",
		"\nexpct Hello":           `test.txt:2: there is no step "expct"; use send`,
		"expect":                  "test.txt:1: what is expected is missing",
		"and Hello":               "test.txt:1: and checks the message of an expect",
		`send "Hello`:             "a text in quotation marks is a JSON string",
		"send ${x}":               "the variable ${x} is not set before this line",
		`expect $.a {"b":"${x}"}`: "the variable ${x} is not set before this line",
		"expect $.a text":         `"text" is not JSON; a value is written as`,
		"expect $.":               "a path is written as",
		"expect $a[b] 1":          "a path is written as",
		"expect match (":          "missing closing )",
		"send-hex 0":              "is not hexadecimal",
		"wait":                    "use a time from 0s to 1h",
		"timeout 0s":              "use a time longer than 0s",
		"expect-close bye":        "use a code from 1000 to 4999",
		"set 1x y":                "write set NAME TEXT",
		"set x":                   "write set NAME TEXT",
		"set x $.a":               "takes a value from the message of an expect",
		"send \xff":               "not valid UTF-8",
	} {
		_, err := Parse("test.txt", []byte(source))
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "test.txt:") {
			t.Errorf("%q: %v, want %q", source, err, want)
		}
	}
}

// Numbers are those of JSON, and not of float64.
func TestNumbersAreNotConfused(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"1", "1.0"}: true, {"0.1", "1e-1"}: true,
		{"9007199254740993", "9007199254740992"}: false,
		{"1e400", "2e400"}:                       false,
	} {
		_, err := play(t, "expect $ "+pair[0], &server{answers: texts(pair[1])})
		if got := err == nil; got != want {
			t.Errorf("%s equals %s: %v", pair[0], pair[1], got)
		}
	}
}
