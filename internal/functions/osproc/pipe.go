package osproc

import (
	"io"
	"os"
	"sync"
	"syscall"
)

// readSize is how much is read from a pipe at once, in bytes.
const readSize = 16 << 10

// A pipe passes what a command writes on to a sink.
type pipe struct {
	r    *os.File
	raw  syscall.RawConn
	sink io.WriteCloser

	mu    sync.Mutex // held while reading and writing to the sink, which keeps the order
	buf   []byte
	ended bool
}

// newPipe makes a pipe and returns the end to write to, which the caller closes.
func newPipe(sink io.WriteCloser) (*pipe, *os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	raw, err := r.SyscallConn()
	if err != nil {
		_, _ = r.Close(), w.Close() // they were never used
		return nil, nil, err
	}
	return &pipe{r: r, raw: raw, sink: sink}, w, nil
}

// deliver passes on what was read, and whether the output has ended. p.mu is held.
func (p *pipe) deliver(b []byte, ended bool) {
	if len(b) > 0 {
		_, _ = p.sink.Write(b) // a sink has no failures
	}
	if ended && !p.ended {
		p.ended = true
		_ = p.sink.Close()
	}
}

func (p *pipe) close() { _ = p.r.Close() } // everything was read, or its time is up
