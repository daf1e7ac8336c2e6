package connect

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/connect/closehint"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A session is a conversation, over one connection after another.
type session struct {
	input  *feed
	view   view
	slash  bool // a line may be a command of this program
	binary bool // lines are sent as binary messages

	reconnects bool // another connection follows one that is lost

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
func (s *session) run(ctx context.Context, client *wsclient.Conn) error {
	defer client.CloseNow()
	done := make(chan struct{})
	defer close(done)
	showControl(client, s.view)
	incoming := make(chan delivery)
	go receive(client, incoming, done) // ends by done, or with the connection
	sending, stop := context.WithCancel(ctx)
	sent := make(chan error, 1)
	go func() { sent <- s.send(sending, client) }() // ends by stop
	defer func() {
		stop()
		_ = client.CloseNow() // ends a write
		if sent != nil {
			<-sent
		}
	}()
	return s.exchange(ctx, client, incoming, &sent)
}

// showControl shows pings and pongs. It is called before the first Read.
func showControl(client *wsclient.Conn, v view) {
	client.OnPing = func(payload []byte) { v.control("ping", payload) }
	client.OnPong = func(payload []byte) { v.control("pong", payload) }
}

// exchange shows what comes until the end. It sets sent to nil once that has given its result.
func (s *session) exchange(
	ctx context.Context, client *wsclient.Conn, incoming <-chan delivery, sent *chan error,
) error {
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
		case err := <-*sent:
			*sent = nil
			if err != nil || s.wait < 0 {
				s.leave(client)
				return err
			}
			idle.start(s.patience())
		case <-idle.c:
			s.leave(client)
			return s.unanswered()
		case <-pings:
			if err := client.Ping(ctx); err != nil {
				pings = nil // Read returns the error
			}
		case <-ctx.Done():
			s.leave(client)
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
	return noAnswer(max(s.wait, s.timeout),
		"wait longer with --timeout, or expect none with --wait 0s")
}

func noAnswer(waited time.Duration, advice string) error {
	return &cli.StatusError{
		Status: cli.ExitNoAnswer, Err: fmt.Errorf("no answer came within %v; %s", waited, advice),
	}
}

// receive passes on messages, up to and including the first error.
func receive(client *wsclient.Conn, incoming chan<- delivery, done <-chan struct{}) {
	for {
		var d delivery
		d.op, d.data, d.err = client.Read(context.Background())
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
func (s *session) send(ctx context.Context, client *wsclient.Conn) error {
	for {
		line, err := s.input.next(ctx)
		switch {
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil
		case errors.Is(err, terminal.ErrTooLong):
			s.view.warn(err.Error())
			continue
		case err != nil:
			return fmt.Errorf("read input: %w", err)
		}
		op, data, err := s.message(line)
		if err != nil && s.slash {
			s.view.warn(err.Error())
			continue
		}
		if err != nil {
			return err
		}
		s.view.sent(op, data) // before the write: the answer could be shown first
		s.asked.Store(true)
		if err := client.Write(ctx, op, data); err != nil {
			<-ctx.Done() // receive has the error
			return nil
		}
	}
}

// message returns what a line is sent as. At a keyboard "/hex 00ff" is a binary message, and
// "//hex" is text that begins with one slash.
func (s *session) message(line inputLine) (ws.Opcode, []byte, error) {
	if s.binary {
		return ws.OpBinary, []byte(line.text), nil
	}
	if digits, ok := strings.CutPrefix(line.text, "/hex "); ok && s.slash {
		data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			return 0, nil, fmt.Errorf("not sent: %q is not hexadecimal, such as 00ff; "+
				"//hex sends text", digits)
		}
		return ws.OpBinary, data, nil
	}
	if s.slash && strings.HasPrefix(line.text, "//hex ") {
		return ws.OpText, []byte(line.text[1:]), nil
	}
	if !utf8.ValidString(line.text) {
		return 0, nil, fmt.Errorf("line %d of the input is not valid UTF-8; "+
			"--binary sends bytes", line.number)
	}
	return ws.OpText, []byte(line.text), nil
}

// ended shows the end of the connection, and returns the error that it means.
func (s *session) ended(err error) error {
	closed, byPeer := err.(*ws.CloseError) // a wrapped one comes from this side
	switch {
	case byPeer:
		s.view.closed(closed.Code, closed.Reason, byServer)
		text := "the server closed the connection: " + closeText(closed.Code, closed.Reason)
		return closedError(closed.Code, text+s.hint(closed.Code))
	case errors.As(err, &closed):
		s.view.closed(closed.Code, closed.Reason, byClient)
		text := "the server broke the protocol: " + closeText(closed.Code, closed.Reason)
		if closed.Code == ws.CloseMessageTooBig {
			text = "tyg closed the connection: " + closeText(closed.Code, closed.Reason)
		}
		return closedError(closed.Code, text+brackets(closehint.OfClient(closed.Code)))
	}
	s.view.closed(ws.CloseAbnormal, "", byServer)
	text := "the connection was lost: " + rootCause(err).Error()
	return closedError(ws.CloseAbnormal, text+s.hint(ws.CloseAbnormal))
}

// hint returns what to do about a code that the server has closed with, in brackets.
func (s *session) hint(code int) string {
	return brackets(closehint.OfServer(code, s.reconnects))
}

func brackets(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

// closedError returns the error of a connection that the server has ended. Of one that ended
// normally, a session without --reconnect makes nil.
func closedError(code int, text string) error {
	err := error(&cli.StatusError{Status: cli.ExitClosed, Err: errors.New(text)})
	if isTemporary(code) || code == ws.CloseAbnormal {
		err = &lostError{err}
	}
	if isNormal(code) {
		err = &normalError{err}
	}
	return err
}

// A normalError is an end that is no failure.
type normalError struct{ err error }

func (e *normalError) Error() string { return e.err.Error() }

func (e *normalError) Unwrap() error { return e.err }

// failure returns err, or nil if it is a normal end.
func failure(err error) error {
	if _, ok := errors.AsType[*normalError](err); ok {
		return nil
	}
	return err
}

// isNormal reports whether a close code, or the lack of one, means a normal end.
func isNormal(code int) bool {
	return code == ws.CloseNormal || code == ws.CloseGoingAway || code == ws.CloseNoStatus
}

// leave closes the connection from this side. It ignores that the server may not answer in time.
func (s *session) leave(client *wsclient.Conn) {
	_ = client.Close(ws.CloseNormal, "")
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
