package functions

import (
	"bytes"
	"io"
	"sync"
)

const (
	keepLines = 20       // for errors
	longLine  = 64 << 10 // bytes; longer lines come in pieces
)

// A processLog is what one process writes, and which event it belongs to.
//
// Whoever hands over an event or takes a reply first reads what lies in the pipes. So a line
// belongs to the event in which it was written, not to the one in which it was read.
type processLog struct {
	proc           *process
	stdout, stderr stream

	mu     sync.Mutex // held also while Output runs: it is what keeps lines in order
	id     string     // the event
	late   bool       // the process has replied, and asked for another
	warned bool
	tail   *tail
	last   []string // of stderr
}

// A stream is stdout or stderr. It cuts what the process writes into lines.
type stream struct {
	log  *processLog
	kind Stream
	rest []byte // guarded by log.mu: a line without its end
}

var _ io.WriteCloser = (*stream)(nil)

// Write takes what was read from the process.
func (s *stream) Write(b []byte) (int, error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.add(b)
	return len(b), nil
}

// Close ends the last line.
func (s *stream) Close() error {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.flush()
	return nil
}

// begin is for a process that gets an event.
func (l *processLog) begin(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.id, l.tail, l.late, l.warned = c.inv.RequestID, c.tail, false, false
	if l.reports() {
		l.report("START RequestId: ", l.id, " Version: ", LatestVersion)
	}
}

// end is for a process that has replied to the event of that id, or has ended.
func (l *processLog) end(id string, o outcome) {
	l.drain()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.id != id {
		return // it has ended before it got the event
	}
	l.stdout.flush()
	l.stderr.flush()
	if l.reports() {
		l.report("END RequestId: ", l.id)
		l.report(l.summary(o.took, o.init))
	}
	l.tail = nil
}

// pause is for a process that asks for its next event. What it writes from here on is late.
func (l *processLog) pause() {
	l.drain()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = l.id != ""
}

// drain reads what is there, if anybody wants to know to which event it belongs.
func (l *processLog) drain() {
	l.mu.Lock()
	heard := l.proc.pool.host.Output != nil || l.proc.pool.host.Warn != nil || l.tail != nil
	l.mu.Unlock()
	if !heard {
		return
	}
	l.proc.group.DrainOutput()
}

// lastLines returns the last lines of stderr.
func (l *processLog) lastLines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.last...)
}

// add takes what was read from a stream and cuts it into lines.
func (s *stream) add(b []byte) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		s.emit(append(s.rest, b[:i]...))
		s.rest, b = s.rest[:0], b[i+1:]
	}
	s.rest = append(s.rest, b...)
	if len(s.rest) >= longLine {
		s.flush()
	}
}

// flush ends a line that has no end.
func (s *stream) flush() {
	if len(s.rest) > 0 {
		s.emit(s.rest)
		s.rest = s.rest[:0]
	}
}

// emit tells everybody of a line.
func (s *stream) emit(b []byte) {
	l, text := s.log, string(bytes.TrimSuffix(b, []byte("\r")))
	if s.kind == Stderr {
		if len(l.last) == keepLines {
			l.last = append(l.last[:0], l.last[1:]...)
		}
		l.last = append(l.last, text)
	}
	l.tail.add(text)
	l.print(s.kind, text)
	if l.late && !l.warned {
		l.warned = true
		l.proc.pool.host.warn(Warning{
			Kind: WarnLateOutput, Function: l.proc.fn.Name, RequestID: l.id,
			Detail: "it works on after its reply; Lambda freezes it then",
		})
	}
}

// print hands a line to Output.
func (l *processLog) print(kind Stream, text string) {
	if output := l.proc.pool.host.Output; output != nil {
		output(Line{
			Function: l.proc.fn.Name, PID: l.proc.group.PID(), RequestID: l.id,
			Stream: kind, Text: text, Late: l.late,
		})
	}
}
