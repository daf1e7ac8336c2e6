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

// A journal is what one process writes, and which event it belongs to.
//
// Whoever hands over an event or takes a reply first reads what lies in the pipes. So a line
// belongs to the event in which it was written, not to the one in which it was read.
type journal struct {
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
	journal *journal
	kind    Stream
	rest    []byte // guarded by journal.mu: a line without its end
}

var _ io.WriteCloser = (*stream)(nil)

// Write takes what was read from the process.
func (s *stream) Write(b []byte) (int, error) {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.add(b)
	return len(b), nil
}

// Close ends the last line.
func (s *stream) Close() error {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.flush()
	return nil
}

// begin is for a process that gets an event.
func (j *journal) begin(c *call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.id, j.tail, j.late, j.warned = c.inv.RequestID, c.tail, false, false
	if j.reports() {
		j.report("START RequestId: ", j.id, " Version: ", LatestVersion)
	}
}

// end is for a process that has replied to the event of that id, or has ended.
func (j *journal) end(id string, o outcome) {
	j.drain()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.id != id {
		return // it has ended before it got the event
	}
	j.stdout.flush()
	j.stderr.flush()
	if j.reports() {
		j.report("END RequestId: ", j.id)
		j.report(j.summary(o.took, o.init))
	}
	j.tail = nil
}

// pause is for a process that asks for its next event. What it writes from here on is late.
func (j *journal) pause() {
	j.drain()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.late = j.id != ""
}

// drain reads what is there, if anybody wants to know to which event it belongs.
func (j *journal) drain() {
	j.mu.Lock()
	heard := j.proc.pool.host.Output != nil || j.proc.pool.host.Warn != nil || j.tail != nil
	j.mu.Unlock()
	if !heard {
		return
	}
	j.proc.group.DrainOutput()
}

// lastLines returns the last lines of stderr.
func (j *journal) lastLines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string(nil), j.last...)
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
	j, text := s.journal, string(bytes.TrimSuffix(b, []byte("\r")))
	if s.kind == Stderr {
		if len(j.last) == keepLines {
			j.last = append(j.last[:0], j.last[1:]...)
		}
		j.last = append(j.last, text)
	}
	j.tail.add(text)
	j.print(s.kind, text)
	if j.late && !j.warned {
		j.warned = true
		j.proc.pool.host.warn(Warning{
			Kind: WarnLateOutput, Function: j.proc.fn.Name, RequestID: j.id,
			Detail: "it works on after its reply; Lambda freezes it then",
		})
	}
}

// print hands a line to Output.
func (j *journal) print(kind Stream, text string) {
	if output := j.proc.pool.host.Output; output != nil {
		output(Line{
			Function: j.proc.fn.Name, PID: j.proc.group.PID(), RequestID: j.id,
			Stream: kind, Text: text, Late: j.late,
		})
	}
}
