package functions

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	keepLines = 20       // for errors
	longLine  = 64 << 10 // bytes; longer lines come in pieces
	readSize  = 16 << 10
)

// A journal is what one process writes, and which event it belongs to.
//
// Whoever hands over an event or takes a reply first reads what lies in the pipes. So a line
// belongs to the event in which it was written, not to the one in which it was read.
type journal struct {
	proc    *process
	streams []*stream // static once the process has started

	mu     sync.Mutex // held also while Output runs: it is what keeps lines in order
	id     string     // the event
	late   bool       // the process has replied, and asked for another
	warned bool
	tail   *tail
	last   []string // of stderr
	buf    []byte
}

// A stream is stdout or stderr.
type stream struct {
	journal *journal
	kind    Stream
	file    *os.File
	raw     syscall.RawConn
	over    bool   // guarded by journal.mu
	rest    []byte // guarded by journal.mu: a line without its end
}

// writeEnds are the ends of pipes that the process gets.
type writeEnds []*os.File

func (w writeEnds) close() {
	for _, f := range w {
		_ = f.Close() // the process has its own
	}
}

// open makes the pipes.
func (j *journal) open(cmd *exec.Cmd) (ends writeEnds, err error) {
	for _, kind := range []Stream{Stdout, Stderr} {
		s := &stream{journal: j, kind: kind}
		w, err := s.open()
		if err != nil {
			ends.close()
			return nil, err
		}
		ends = append(ends, w)
		j.streams = append(j.streams, s)
	}
	cmd.Stdout, cmd.Stderr = ends[0], ends[1]
	return ends, nil
}

// open makes the pipe and returns the end to write to.
func (s *stream) open() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if s.raw, err = r.SyscallConn(); err != nil {
		_, _ = r.Close(), w.Close()
		return nil, err
	}
	s.file = r
	return w, nil
}

// shut closes what open has opened.
func (j *journal) shut() {
	for _, s := range j.streams {
		_ = s.file.Close()
	}
}

// begin is for a process that gets an event.
func (j *journal) begin(c *call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.id, j.tail, j.late, j.warned = c.inv.RequestID, c.tail, false, false
	if j.reports() {
		j.report("START RequestId: ", j.id, " Version: ", latest)
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
	for _, s := range j.streams {
		s.flush()
	}
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
	for _, s := range j.streams {
		s.drain()
	}
}

// drainUntil has everything read that is still there, but not for ever: descendants may have left
// the process group and keep the pipes.
func (j *journal) drainUntil(t time.Time) {
	for _, s := range j.streams {
		_ = s.file.SetReadDeadline(t) // pipes have deadlines
	}
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
			Kind: LateOutput, Function: j.proc.fn.Name, RequestID: j.id,
			Detail: "it works on after its reply; Lambda freezes it then",
		})
	}
}

// print hands a line to Output.
func (j *journal) print(kind Stream, text string) {
	if output := j.proc.pool.host.Output; output != nil {
		output(Line{
			Function: j.proc.fn.Name, PID: j.proc.cmd.Process.Pid, RequestID: j.id,
			Stream: kind, Text: text, Late: j.late,
		})
	}
}
