package script

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/connect/closehint"
	"github.com/tyg-dev/tyg/internal/visible"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Conn is the connection that a script talks over.
type Conn interface {
	Read(context.Context) (ws.Opcode, []byte, error)
	Write(ctx context.Context, op ws.Opcode, data []byte) error
}

// A Runner runs a script once.
type Runner struct {
	Script  *Script
	Conn    Conn
	Timeout time.Duration // for each message; a step timeout changes it
	Getenv  func(string) string

	Out     io.Writer
	JSON    bool // print each step, and the result, as a JSON object
	Verbose bool // print each step
	Quiet   bool // print nothing

	vars    map[string]string
	secrets []string // values of the environment, which are not printed
	last    message  // of the last expect
	before  []string // what was sent and has come, for failures
}

// A Failure is a step that failed.
type Failure struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Step     string   `json:"step"`
	Expected string   `json:"expected"`
	Got      string   `json:"got"`
	Before   []string `json:"before,omitempty"` // "> sent" and "< received", the newest last
}

// Error returns the failure for people, in several lines.
func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: %s\n  expected  %s\n  got       %s", f.File, f.Line, f.Step,
		f.Expected, f.Got)
	if len(f.Before) > 0 {
		fmt.Fprintf(&b, "\n  before it\n    %s", strings.Join(f.Before, "\n    "))
	}
	return b.String()
}

// Run runs the steps up to the first that fails. Its error is a [*Failure], or that of ctx.
func (r *Runner) Run(ctx context.Context) error {
	r.vars = make(map[string]string)
	start := time.Now()
	for i := range r.Script.steps {
		st := &r.Script.steps[i]
		began := time.Now()
		wrong, err := r.step(ctx, st)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			wrong = &mismatch{"the step to succeed", err.Error()}
		}
		if wrong != nil {
			return r.failed(st, wrong)
		}
		r.passed(st, time.Since(began))
	}
	return r.finished(time.Since(start))
}

// step runs one step. It returns a mismatch if the server does not do what it must, and an error
// if the step could not be done.
func (r *Runner) step(ctx context.Context, st *step) (*mismatch, error) {
	switch st.verb {
	case "send":
		return nil, r.send(ctx, message{ws.OpText, []byte(st.arg.expand(r.vars, unquoted))})
	case "send-hex":
		return nil, r.send(ctx, message{ws.OpBinary, st.data})
	case "expect":
		return r.expect(ctx, st)
	case "and":
		return st.check.run(r.last, r.vars), nil
	case "expect-none":
		return r.expectNone(ctx, st)
	case "expect-close":
		return r.expectClose(ctx, st)
	case "wait":
		return nil, sleep(ctx, st.wait)
	case "timeout":
		r.Timeout = st.wait
		return nil, nil
	}
	return nil, r.set(st)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runner) send(ctx context.Context, m message) error {
	r.note("> " + m.String())
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	return r.Conn.Write(ctx, m.op, m.data)
}

// read waits for a message.
func (r *Runner) read(ctx context.Context, d time.Duration) (message, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	op, data, err := r.Conn.Read(ctx)
	return message{op, data}, err
}

func (r *Runner) expect(ctx context.Context, st *step) (*mismatch, error) {
	m, err := r.read(ctx, r.Timeout)
	if err != nil {
		return &mismatch{"a message", r.end(err)}, nil
	}
	r.last = m
	if wrong := st.check.run(m, r.vars); wrong != nil {
		return wrong, nil
	}
	r.note("< " + m.String())
	return nil, nil
}

func (r *Runner) expectNone(ctx context.Context, st *step) (*mismatch, error) {
	m, err := r.read(ctx, st.wait)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, nil
	case err != nil:
		return &mismatch{"no message, and an open connection", r.end(err)}, nil
	}
	return &mismatch{fmt.Sprintf("no message within %v", st.wait), m.String()}, nil
}

func (r *Runner) expectClose(ctx context.Context, st *step) (*mismatch, error) {
	want := fmt.Sprintf("a close with %d", st.code)
	reason := ""
	if st.cause != nil {
		reason = st.cause.expand(r.vars, unquoted)
		want += " " + quote(reason)
	}
	m, err := r.read(ctx, r.Timeout)
	if err == nil {
		return &mismatch{want, "the message " + m.String()}, nil
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &mismatch{want, r.end(err)}, nil
	}
	code, why := closeOf(err)
	if code == st.code && (st.cause == nil || why == reason) {
		return nil, nil
	}
	return &mismatch{want, r.end(err)}, nil
}

// closeOf returns the code and reason of an error of Read.
func closeOf(err error) (code int, reason string) {
	if closed, ok := err.(*ws.CloseError); ok { // a wrapped one comes from this side
		return closed.Code, closed.Reason
	}
	return ws.CloseAbnormal, ""
}

// end describes an error of Read.
func (r *Runner) end(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "nothing within the time"
	}
	code, reason := closeOf(err)
	if code == ws.CloseAbnormal {
		return fmt.Sprintf("the end of the connection without a close (1006): %v", err)
	}
	text := fmt.Sprintf("a close with %d", code)
	if reason != "" {
		text += " " + quote(reason)
	}
	if hint := closehint.OfServer(code, true); hint != "" { // a script does not connect again
		text += " (" + hint + ")"
	}
	return text
}

func (r *Runner) set(st *step) error {
	switch {
	case st.env != "":
		value := r.Getenv(st.env)
		if value == "" {
			return fmt.Errorf("the environment variable %s is not set", st.env)
		}
		r.vars[st.name] = value
		r.secrets = append(r.secrets, value)
	case st.path != nil:
		doc, err := decode(string(r.last.data))
		if err != nil {
			return fmt.Errorf("the last message is not JSON: %v", r.last)
		}
		value, ok := st.path.of(doc)
		if !ok {
			return fmt.Errorf("no such value in %v", r.last)
		}
		if s, ok := value.(string); ok {
			r.vars[st.name] = s
			return nil
		}
		r.vars[st.name] = strings.TrimSpace(encode(value))
	default:
		r.vars[st.name] = st.arg.expand(r.vars, unquoted)
	}
	return nil
}

// mostBefore is how many messages before a failure are shown.
const mostBefore = 10

func (r *Runner) note(line string) {
	r.before = append(r.before, line)
	if len(r.before) > mostBefore {
		r.before = r.before[1:]
	}
}

// hide replaces secrets.
func (r *Runner) hide(text string) string {
	for _, secret := range r.secrets {
		text = strings.ReplaceAll(text, secret, "xxxxx")
		text = strings.ReplaceAll(text, inJSON(secret), "xxxxx")
	}
	return text
}

func (r *Runner) failed(st *step, wrong *mismatch) error {
	f := &Failure{
		File: r.Script.File, Line: st.line, Step: st.text,
		Expected: r.hide(wrong.want), Got: r.hide(wrong.got),
	}
	for _, line := range r.before {
		f.Before = append(f.Before, r.hide(line))
	}
	if r.JSON {
		r.print(struct {
			Event string `json:"event"`
			OK    bool   `json:"ok"`
			*Failure
		}{"result", false, f})
	}
	return f
}

func (r *Runner) passed(st *step, took time.Duration) {
	ms := float64(took.Microseconds()) / 1000
	switch {
	case r.JSON:
		r.print(struct {
			Event string  `json:"event"`
			OK    bool    `json:"ok"`
			Line  int     `json:"line"`
			Step  string  `json:"step"`
			MS    float64 `json:"ms"`
		}{"step", true, st.line, st.text, ms})
	case r.Verbose && !r.Quiet:
		r.say(fmt.Sprintf("ok  %s:%d: %s (%.1f ms)\n", r.Script.File, st.line, st.text, ms))
	}
}

func (r *Runner) finished(took time.Duration) error {
	ms := float64(took.Microseconds()) / 1000
	switch {
	case r.JSON:
		r.print(struct {
			Event string  `json:"event"`
			OK    bool    `json:"ok"`
			File  string  `json:"file"`
			Steps int     `json:"steps"`
			MS    float64 `json:"ms"`
		}{"result", true, r.Script.File, len(r.Script.steps), ms})
	case !r.Quiet:
		r.say(fmt.Sprintf("%s: %d steps passed in %.1f ms\n",
			r.Script.File, len(r.Script.steps), ms))
	}
	return nil
}

func (r *Runner) say(line string) {
	_, _ = io.WriteString(r.Out, visible.Block(line, "")) // a failure cannot be reported anywhere
}

func (r *Runner) print(v any) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)                                    // strings and numbers cannot fail
	_, _ = r.Out.Write(visible.JSON([]byte(b.String()))) // a failure cannot be reported anywhere
}
