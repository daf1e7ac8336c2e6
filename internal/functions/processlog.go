package functions

import (
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
)

const (
	maxStderrLines = 20  // that errors show
	maxRecent      = 128 // lines of output in which the message of a failure is looked for
)

// A processLog passes on what one process writes, and knows to which event each line belongs.
//
// Before an event is written and before a reply is handled, what lies in the pipes is read. So a
// line belongs to the event in which it was written, not to the one in which it was read.
type processLog struct {
	// static after construction
	host           *Host
	fn             *Function
	group          *osproc.Group
	stdout, stderr lineWriter

	mu         sync.Mutex // held also while Output runs, which keeps lines in order
	requestID  string     // of the event; empty before the first
	late       bool       // the process has asked for the next event
	lateWarned bool       // once for each event
	tail       *tail      // nil: the caller did not ask for it
	stderrTail []string   // the last lines of stderr
	recent     []string   // the last lines of both streams since the event began, if they are Shown
}

// newProcessLog returns the log of the process in g, which runs a version of fn.
func newProcessLog(h *Host, fn *Function, g *osproc.Group) *processLog {
	l := &processLog{host: h, fn: fn, group: g}
	l.stdout = lineWriter{log: l, stream: Stdout}
	l.stderr = lineWriter{log: l, stream: Stderr}
	return l
}

// startEvent notes that what the process writes from now on belongs to an event.
func (l *processLog) startEvent(requestID string, t *tail) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requestID, l.tail, l.late, l.lateWarned = requestID, t, false, false
	l.recent = l.recent[:0]
	if l.wantsReports() {
		l.report("START RequestId: " + requestID + " Version: " + LatestVersion)
	}
}

// endEvent reads what the process wrote for an event, and ends its part of the log. It does nothing
// if the process ended before it got the event.
func (l *processLog) endEvent(requestID string, o outcome) {
	l.drain()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.requestID != requestID {
		return
	}
	l.stdout.flush()
	l.stderr.flush()
	if l.wantsReports() {
		l.report("END RequestId: " + requestID)
		l.report(reportLine(requestID, o, l.fn.MemorySize, l.group.PeakMemory()))
	}
	l.tail = nil
}

// markLate notes that the process asks for its next event: what it writes from now on is late.
func (l *processLog) markLate() {
	l.drain()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = l.requestID != ""
}

// drain reads what is in the pipes, unless it does not matter to which event a line belongs.
func (l *processLog) drain() {
	l.mu.Lock()
	matters := l.host.Output != nil || l.host.Warn != nil || l.tail != nil
	l.mu.Unlock()
	if matters {
		l.group.DrainOutput()
	}
}

// lastLines returns the last lines of stderr.
func (l *processLog) lastLines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.stderrTail...)
}

// minMessage is how long the message of a failure must be, in bytes, to be recognized in output.
const minMessage = 3

// has reports whether the last lines that are Shown have the message of a failure: as it is, or
// with quotes escaped, as package slog and JSON write it. The first line of the message counts.
func (l *processLog) has(message string) bool {
	message, _, _ = strings.Cut(message, "\n")
	if len(message) < minMessage {
		return false
	}
	quoted := strings.Trim(strconv.Quote(message), `"`)
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.recent, func(line string) bool {
		return strings.Contains(line, message) || strings.Contains(line, quoted)
	})
}

// add passes on a line. l.mu is held.
func (l *processLog) add(stream Stream, text string) {
	if stream == Stderr {
		if len(l.stderrTail) == maxStderrLines {
			l.stderrTail = append(l.stderrTail[:0], l.stderrTail[1:]...)
		}
		l.stderrTail = append(l.stderrTail, text)
	}
	l.tail.add(text)
	l.output(stream, text)
	if l.late && !l.lateWarned {
		l.lateWarned = true
		l.warn(WarnLateOutput, l.requestID, "it works on after its reply; Lambda freezes it then")
	}
}

// wantsReports reports whether Lambda's own lines go anywhere.
func (l *processLog) wantsReports() bool { return l.host.Reports || l.tail != nil }

// report passes on one of Lambda's own lines. l.mu is held.
func (l *processLog) report(text string) {
	l.tail.add(text)
	if l.host.Reports {
		l.output(Report, text)
	}
}

// output hands a line to Host.Output. l.mu is held.
func (l *processLog) output(stream Stream, text string) {
	if l.host.Output == nil {
		return
	}
	if l.host.Shown {
		if len(l.recent) == maxRecent {
			l.recent = append(l.recent[:0], l.recent[maxRecent/2:]...)
		}
		l.recent = append(l.recent, text)
	}
	l.host.Output(Line{
		Function: l.fn.Name, PID: l.group.PID(), RequestID: l.requestID,
		Stream: stream, Text: text, Late: l.late,
	})
}

// warn hands a warning to Host.Warn.
func (l *processLog) warn(kind WarningKind, requestID, detail string) {
	l.host.warn(Warning{Kind: kind, Function: l.fn.Name, RequestID: requestID, Detail: detail})
}

// reportLine returns Lambda's REPORT line. Memory is in MB; a peak of 0 is unknown.
// (https://docs.aws.amazon.com/lambda/latest/dg/golang-logging.html)
func reportLine(requestID string, o outcome, memorySize, peak int) string {
	var b strings.Builder
	field := func(name, value string) { b.WriteString(name + ": " + value + "\t") }
	b.WriteString("REPORT ")
	field("RequestId", requestID)
	field("Duration", millis(o.took)+" ms")
	field("Billed Duration", strconv.FormatFloat(math.Ceil(ms(o.took)), 'f', 0, 64)+" ms")
	field("Memory Size", strconv.Itoa(memorySize)+" MB")
	if peak > 0 {
		field("Max Memory Used", strconv.Itoa(peak)+" MB")
	}
	if o.init > 0 {
		field("Init Duration", millis(o.init)+" ms")
	}
	return b.String()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func millis(d time.Duration) string { return strconv.FormatFloat(ms(d), 'f', 2, 64) }

// A lineWriter cuts what a process writes to one stream into lines.
type lineWriter struct {
	log    *processLog
	stream Stream
	lines  lines // guarded by log.mu
}

var _ io.WriteCloser = (*lineWriter)(nil)

// Write takes what was read from the process.
func (w *lineWriter) Write(b []byte) (int, error) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.lines.add(b, w.emit)
	return len(b), nil
}

// Close ends the last line.
func (w *lineWriter) Close() error {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.flush()
	return nil
}

func (w *lineWriter) flush() { w.lines.end(w.emit) }

func (w *lineWriter) emit(line string) { w.log.add(w.stream, line) }
