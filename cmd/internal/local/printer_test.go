package local

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions"
)

// forged is what a web page can have a gateway print: a line that looks like one of tyg, a title
// for the terminal, and a C1 control.
const forged = "x\nFORGED\x1b]0;owned\a\u009b2J"

// TestPrinterQuotes prints text from outside in each way, and looks for its control characters.
func TestPrinterQuotes(t *testing.T) {
	oneLine := strings.ReplaceAll(forged, "\n", " ")
	for _, json := range []bool{false, true} {
		var b bytes.Buffer
		p := newPrinter(Config{JSON: json, Stdout: &b, Stderr: &b})
		log := slog.New(logHandler{printer: p})
		prints := map[string]func(){
			"log message":   func() { log.Warn(forged) },
			"log attribute": func() { log.Warn("invocation refused", "path", forged) },
			"log error":     func() { log.Warn("lost", "err", errors.New(forged)) },
			"output":        func() { p.line(functions.Line{Function: "f", Text: forged}) },
			"warning":       func() { p.warning(functions.Warning{Function: "f", Detail: forged}) },
			"reload":        func() { p.reloadFailed(errors.New(forged)) },
			"compiler":      func() { p.compiler("./main.go:1:1: " + oneLine) },
		}
		for name, print := range prints {
			b.Reset()
			print()
			if text := b.String(); strings.ContainsAny(text, "\x1b\a\u009b") ||
				strings.Contains(text, "\nFORGED") || !strings.Contains(text, "FORGED") {
				t.Errorf("%s, JSON %v: %q", name, json, text)
			}
		}
	}
}

// A stuck writer takes nothing until the test ends.
type stuck struct{ done <-chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	<-s.done
	return len(b), nil
}

func TestStuckTerminalStopsNothing(t *testing.T) {
	w := stuck{t.Context().Done()}
	p := newPrinter(Config{Stdout: w, Stderr: w})
	log := slog.New(logHandler{printer: p})
	for range 10_000 {
		p.line(functions.Line{Function: "f", Text: "text"})
		log.Warn("handshake refused")
	}
}
