package connect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A lineReader reads the messages to send. Its last error is io.EOF.
type lineReader interface{ ReadLine() (string, error) }

// A session is a conversation over one connection.
type session struct {
	client *wsclient.Conn
	write  func(ctx context.Context, text string) error // sends a message through client
	input  lineReader
	view   view

	timeout time.Duration // for the first answer after the end of the input
	wait    time.Duration // for more messages after the end of the input
	ping    time.Duration // between pings, 0 for none

	asked    atomic.Bool // a message was sent
	answered bool        // a message came after that; owned by run
}

// A delivery is what Read returned.
type delivery struct {
	op   ws.Opcode
	data []byte
	err  error
}

// run sends and receives until one side closes the connection, and returns the reason.
func (s *session) run(ctx context.Context) error {
	done := make(chan struct{})
	defer close(done)
	incoming := make(chan delivery)
	go s.receive(incoming, done) // ends by done, or with the connection
	sent := make(chan error, 1)
	go func() { sent <- s.send(ctx) }() // ends with the input; a terminal's, with the process
	idle := &idleTimer{wait: s.wait}
	defer idle.stop()
	pings, stop := ticker(s.ping)
	defer stop()
	for {
		select {
		case d := <-incoming:
			if d.err != nil {
				return s.ended(d.err)
			}
			s.view.received(d.op, d.data)
			s.answered = s.answered || s.asked.Load()
			idle.touch()
		case err := <-sent:
			if err != nil || s.wait < 0 {
				s.leave()
				return err
			}
			idle.start(s.patience())
		case <-idle.c:
			s.leave()
			return s.unanswered()
		case <-pings:
			if err := s.client.Ping(ctx); err != nil {
				pings = nil // Read returns the error
			}
		case <-ctx.Done():
			s.leave()
			return cli.ErrInterrupted
		}
	}
}

// patience returns how long to wait for the next message when the input has ended.
func (s *session) patience() time.Duration {
	if s.wait > 0 && s.asked.Load() && !s.answered {
		return max(s.wait, s.timeout)
	}
	return s.wait
}

// unanswered returns an error if no answer came to what was sent. Without a wait none was expected.
func (s *session) unanswered() error {
	if s.wait == 0 || !s.asked.Load() || s.answered {
		return nil
	}
	return &cli.StatusError{Status: cli.ExitNoAnswer, Err: fmt.Errorf("no answer came within %v; "+
		"wait longer with --timeout, or expect none with --wait 0s", max(s.wait, s.timeout))}
}

// receive passes on messages, up to and including the first error.
func (s *session) receive(incoming chan<- delivery, done <-chan struct{}) {
	for {
		var d delivery
		d.op, d.data, d.err = s.client.Read(context.Background())
		select {
		case incoming <- d:
		case <-done:
			return
		}
		if d.err != nil {
			return
		}
	}
}

// send sends each line of the input. It returns nil at the end of the input, and when the
// connection is lost, whose error receive has.
func (s *session) send(ctx context.Context) error {
	for n := 1; ; n++ {
		text, err := s.input.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, terminal.ErrTooLong) {
			s.view.warn(err.Error())
			continue
		}
		if err != nil {
			return fmt.Errorf("read input: %w", err)
		}
		if !utf8.ValidString(text) {
			return fmt.Errorf("line %d of the input is not valid UTF-8", n)
		}
		s.view.sent(text) // before the write: the answer could be shown first
		s.asked.Store(true)
		if err := s.write(ctx, text); err != nil {
			return nil
		}
	}
}

// ended shows the end of the connection, and returns the error that it means.
func (s *session) ended(err error) error {
	closed, byPeer := err.(*ws.CloseError) // a wrapped one comes from this side
	switch {
	case byPeer:
		s.view.closed(closed.Code, closed.Reason, byServer)
		if isNormal(closed.Code) {
			return nil
		}
		return closedError("the server closed the connection: " + closeText(closed.Code, closed.Reason))
	case errors.As(err, &closed):
		s.view.closed(closed.Code, closed.Reason, byClient)
		return closedError("the server broke the protocol: " + closeText(closed.Code, closed.Reason))
	}
	s.view.closed(ws.CloseAbnormal, "", byServer)
	return closedError("the connection was lost: " + rootCause(err).Error())
}

// isNormal reports whether a close code, or the lack of one, means a normal end.
func isNormal(code int) bool {
	return code == ws.CloseNormal || code == ws.CloseGoingAway || code == ws.CloseNoStatus
}

// leave closes the connection from this side. It ignores that the server may not answer in time.
func (s *session) leave() {
	_ = s.client.Close(ws.CloseNormal, "")
	s.view.closed(ws.CloseNormal, "", byClient)
}

// An idleTimer fires on c at the end of the time that start is given. Each touch makes that the
// time of wait from then on.
type idleTimer struct {
	wait  time.Duration
	timer *time.Timer
	c     <-chan time.Time
}

func (t *idleTimer) start(first time.Duration) {
	t.timer = time.NewTimer(first)
	t.c = t.timer.C
}

func (t *idleTimer) touch() {
	if t.timer != nil {
		t.timer.Reset(t.wait)
	}
}

func (t *idleTimer) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

// ticker returns the channel of a ticker; without an interval it never fires.
func ticker(every time.Duration) (ticks <-chan time.Time, stop func()) {
	if every == 0 {
		return nil, func() {}
	}
	t := time.NewTicker(every)
	return t.C, t.Stop
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

// closedError returns the error of a connection that did not end normally.
func closedError(text string) error {
	return &cli.StatusError{Status: cli.ExitClosed, Err: errors.New(text)}
}
