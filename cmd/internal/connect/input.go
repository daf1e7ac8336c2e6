package connect

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/terminal"
)

// A lineReader reads the messages to send. Its last error is io.EOF.
type lineReader interface{ ReadLine() (string, error) }

// An inputLine is a line of the input.
type inputLine struct {
	text   string
	number int // from 1
}

// A feed passes lines on to the connections of a session, one after another. It reads one line
// ahead, which waits while there is no connection.
type feed struct {
	lines chan inputLine
	ended chan struct{} // closed after err is set
	err   error         // owned by the reader until ended is closed
}

// newFeed reads from r until its end, or that of the process: a read of a terminal cannot be ended.
func newFeed(r lineReader) *feed {
	f := &feed{lines: make(chan inputLine), ended: make(chan struct{})}
	go f.read(r)
	return f
}

func (f *feed) read(r lineReader) {
	defer close(f.ended)
	for n := 1; ; n++ {
		text, err := r.ReadLine()
		if errors.Is(err, terminal.ErrTooLong) {
			f.lines <- inputLine{number: -1}
			continue
		}
		if err != nil {
			f.err = err
			return
		}
		f.lines <- inputLine{text, n}
	}
}

// next returns the next line. After the last one it returns the error of the reader each time.
func (f *feed) next(ctx context.Context) (inputLine, error) {
	select {
	case line := <-f.lines:
		if line.number < 0 {
			return line, terminal.ErrTooLong
		}
		return line, nil
	case <-f.ended:
		return inputLine{}, f.err
	case <-ctx.Done():
		return inputLine{}, ctx.Err()
	}
}

// A wholeReader reads all of a file as one message.
type wholeReader struct{ io.Reader }

func (r *wholeReader) ReadLine() (string, error) {
	if r.Reader == nil {
		return "", io.EOF
	}
	data, err := io.ReadAll(r.Reader)
	r.Reader = nil
	return string(data), err
}

// A pipeReader reads lines of any length from a file that is not a terminal.
type pipeReader struct{ *bufio.Reader }

func (r pipeReader) ReadLine() (string, error) {
	line, err := r.ReadString('\n')
	if line != "" && errors.Is(err, io.EOF) {
		err = nil // the last line may lack its end
	}
	line = strings.TrimSuffix(line, "\n")
	return strings.TrimSuffix(line, "\r"), err
}

// A typedReader reads lines from a terminal without a prompt. The terminal cuts long ones.
type typedReader struct{ pipeReader }

func (r typedReader) ReadLine() (string, error) {
	line, err := r.pipeReader.ReadLine()
	if err == nil && len(line) >= terminal.MaxTyped() {
		return "", terminal.ErrTooLong
	}
	return line, err
}
