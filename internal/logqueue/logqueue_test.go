package logqueue_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/logqueue"
)

// A pipe is a log that takes lines while it is open.
type pipe struct {
	open chan struct{}
	buf  bytes.Buffer
}

func (p *pipe) Write(b []byte) (int, error) {
	<-p.open
	return p.buf.Write(b)
}

func TestWriteIsDoneWhenItReturns(t *testing.T) {
	var b bytes.Buffer
	w := logqueue.NewWriter(&b)
	for i := range 100 {
		fmt.Fprintf(w, "%d\n", i)
		if !strings.HasSuffix(b.String(), fmt.Sprintf("%d\n", i)) {
			t.Fatalf("line %d is not written", i)
		}
	}
}

// TestStuckLogStopsNothing writes far more than a stuck log keeps.
func TestStuckLogStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{open: make(chan struct{})}
		w := logqueue.NewWriter(p)
		const lines = 10_000
		start := time.Now()
		for i := range lines {
			fmt.Fprintf(w, "line %d\n", i)
		}
		if waited := time.Since(start); waited > time.Second {
			t.Errorf("%d lines to a stuck log took %v", lines, waited)
		}
		dropped := w.Dropped()
		if dropped < lines/2 || dropped >= lines {
			t.Errorf("%d of %d lines were dropped", dropped, lines)
		}
		close(p.open)
		synctest.Wait()
		fmt.Fprintln(w, "and on")
		text := p.buf.String()
		if !strings.HasPrefix(text, "line 0\nline 1\n") {
			t.Errorf("the log begins with %.40q", text)
		}
		want := fmt.Sprintf(
			"tyg: %d log lines were dropped, because the log was not read\nand on\n", dropped)
		if !strings.HasSuffix(text, want) {
			t.Errorf("the log ends with %q, want %q", text[max(0, len(text)-100):], want)
		}
		if got := int64(strings.Count(text, "\n")); got != lines-dropped+2 {
			t.Errorf("the log has %d lines, and %d were dropped", got, dropped)
		}
	})
}

// TestLongLinesAreBounded writes few lines with many bytes.
func TestLongLinesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{open: make(chan struct{})}
		w := logqueue.NewWriter(p)
		for range 100 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
		if kept := 100 - w.Dropped(); kept > 6 {
			t.Errorf("%d MB are kept for a stuck log", kept)
		}
		close(p.open)
	})
}

func TestHandlerPassesRecords(t *testing.T) {
	var b bytes.Buffer
	var q logqueue.Queue
	text := slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelWarn})
	log := slog.New(logqueue.NewHandler(text, &q)).With("a", 1).WithGroup("g")
	log.Info("no")
	log.Warn("yes", "b", 2)
	if got := b.String(); !strings.HasSuffix(got, "level=WARN msg=yes a=1 g.b=2\n") {
		t.Errorf("the log has %q", got)
	}
}
