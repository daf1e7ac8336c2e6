package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/logqueue"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A printer prints what happens, as text or as JSON. It is safe for concurrent use; each entry is
// one write, and a terminal or a pipe that is stuck stops nothing.
type printer struct {
	json, quiet bool

	out, err io.Writer // which do not block
}

func newPrinter(cfg Config) *printer {
	return &printer{
		json: cfg.JSON, quiet: cfg.Quiet,
		out: logqueue.NewWriter(cfg.Stdout), err: logqueue.NewWriter(cfg.Stderr),
	}
}

// An entry is a line of JSON. Its keys have this order.
type entry struct {
	Type      string    `json:"type"`
	Time      time.Time `json:"time"`
	URL       string    `json:"url,omitempty"`
	Page      string    `json:"page,omitempty"`
	Inspect   string    `json:"inspect,omitempty"`
	Routes    []string  `json:"routes,omitempty"`
	Event     string    `json:"event,omitempty"`
	Route     string    `json:"route,omitempty"`
	Trigger   string    `json:"trigger,omitempty"`
	Conn      string    `json:"connection_id,omitempty"`
	Request   string    `json:"request_id,omitempty"`
	LatencyMS float64   `json:"latency_ms,omitempty"`
	Function  string    `json:"function,omitempty"`
	PID       int       `json:"pid,omitempty"`
	Stream    string    `json:"stream,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Text      string    `json:"text,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// print prints the entry as JSON, or else the text, of which callers have quoted what came from
// outside. A failure cannot be reported anywhere.
func (p *printer) print(e entry, to io.Writer, format string, args ...any) {
	text := fmt.Appendf(nil, format, args...)
	if p.json {
		to, e.Time = p.out, time.Now()
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(e) // strings and numbers cannot fail
		text = visible.JSON(b.Bytes())
	}
	_, _ = to.Write(text)
}

// banner prints where the project is served. The Text of e is its name.
func (p *printer) banner(e entry) {
	text := fmt.Sprintf("Serving %s on %s\n", e.Text, e.URL)
	if e.Page != "" {
		text += fmt.Sprintf("Open %s in a browser\n", e.Page)
	}
	if e.Inspect != "" {
		text += fmt.Sprintf("Inspect %s\n", e.Inspect)
	}
	if !p.quiet {
		text += "Routes: " + strings.Join(e.Routes, " ") + "\n"
	}
	e.Type = "serving"
	p.print(e, p.out, "%s", text)
}

// event prints a handled event. If the printer is quiet, it prints failures only.
func (p *printer) event(e tyg.Event, took time.Duration, err error) {
	rejected := (*tyg.Rejection)(nil)
	refused := e.Type == tyg.EventConnect && errors.As(err, &rejected)
	if p.quiet && (err == nil || refused) {
		return
	}
	route, end := e.Route, ""
	if route == "" {
		route = "(no route)"
	}
	switch {
	case refused:
		end = fmt.Sprintf("  refused with %d", rejected.Status)
	case err != nil:
		end = "  failed" + detail(err)
	}
	ms := float64(took.Microseconds()) / 1000
	p.print(entry{
		Type: "event", Event: e.Type.String(), Route: e.Route, Conn: string(e.Conn.ID),
		Request: e.RequestID, LatencyMS: ms, Error: text(err),
	}, p.out, "%s %s %s  %.1f ms%s\n", time.Now().Format("15:04:05.000"), e.Conn.ID, route, ms, end)
}

// trigger prints that a trigger has called its function.
func (p *printer) trigger(name string, took time.Duration, err error) {
	if p.quiet && err == nil {
		return
	}
	end := ""
	if err != nil {
		end = "  failed" + detail(err)
	}
	ms := float64(took.Microseconds()) / 1000
	p.print(entry{Type: "trigger", Trigger: name, LatencyMS: ms, Error: text(err)}, p.out,
		"%s trigger %s  %.1f ms%s\n", time.Now().Format("15:04:05.000"), name, ms, end)
}

// detail returns what the line of an event says about its failure. The function may have printed it
// already.
func detail(err error) string {
	if e, ok := errors.AsType[*functions.FunctionError](err); ok && e.Logged {
		return ""
	}
	return ": " + err.Error()
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// line prints a line of output of a function.
func (p *printer) line(l functions.Line) {
	p.print(entry{
		Type: "output", Function: l.Function, PID: l.PID, Stream: l.Stream.String(),
		Request: l.RequestID, Text: l.Text,
	}, p.err, "[%s] %s\n", l.Function, visible.Line(l.Text))
}

// warning prints what would be different on Lambda.
func (p *printer) warning(w functions.Warning) {
	p.print(entry{
		Type: "warning", Kind: w.Kind.String(), Function: w.Function, Request: w.RequestID,
		Text: w.Detail,
	}, p.err, "tyg: warning: %s\n", visible.Block(w.String(), "  "))
}

// notices returns the writer of lines about what tyg does before it serves.
func (p *printer) notices() io.Writer { return noticeWriter{p} }

type noticeWriter struct{ printer *printer }

// Write prints one or more lines.
func (w noticeWriter) Write(text []byte) (int, error) {
	w.printer.print(entry{Type: "notice", Text: strings.TrimSpace(string(text))}, w.printer.err,
		"%s", visible.Block(string(text), ""))
	return len(text), nil
}

// compiler prints messages of the compiler.
func (p *printer) compiler(output string) {
	p.print(entry{Type: "build", Text: output}, p.err, "%s", visible.Block(output, ""))
}

func (p *printer) reloaded(took time.Duration, routes []string) {
	p.print(entry{Type: "reload", LatencyMS: float64(took.Milliseconds()), Routes: routes}, p.err,
		"tyg: reloaded in %v\n", took.Round(time.Millisecond))
}

func (p *printer) unchanged() {
	p.print(entry{Type: "unchanged"}, p.err, "tyg: the program is the same as before\n")
}

// waiting prints why the project has not started.
func (p *printer) waiting(err error) {
	p.print(entry{Type: "waiting", Error: err.Error()}, p.err,
		"tyg: %v\ntyg: nothing runs yet; tyg starts the project when a file of it changes: "+
			"repair and save it, or press Ctrl+C\n", err)
}

func (p *printer) reloadFailed(err error) {
	p.print(entry{Type: "reload", Error: err.Error()}, p.err,
		"tyg: %s\ntyg: the previous build keeps running\n", visible.Block(err.Error(), "  "))
}
