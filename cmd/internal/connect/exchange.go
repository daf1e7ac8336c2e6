package connect

import (
	"context"
	"errors"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/connect/script"
	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// exchange sends each of the messages, after the answer to the one before, and leaves after the
// answer to the last.
func (c *run) exchange(ctx context.Context) error {
	client, res, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer client.CloseNow()
	s := &session{view: c.pipeView()}
	s.view.open(redact.URL(c.Target), res)
	showControl(client, s.view)
	op := ws.OpText
	if c.Binary {
		op = ws.OpBinary
	}
	for _, text := range c.Messages {
		s.view.sent(op, []byte(text))
		if err := client.Write(ctx, op, []byte(text)); err != nil && ctx.Err() != nil {
			return cli.ErrInterrupted
		}
		if err := s.answer(ctx, client, c); err != nil {
			return err
		}
	}
	s.leave(client)
	return nil
}

// answer waits for one message.
func (s *session) answer(ctx context.Context, client *wsclient.Conn, c *run) error {
	waiting, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	op, data, err := client.Read(waiting)
	switch {
	case err == nil:
		s.view.received(op, data)
		return nil
	case ctx.Err() != nil:
		s.leave(client)
		return cli.ErrInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		s.leave(client)
		return noAnswer(c.Timeout, "wait longer with --timeout")
	}
	return s.ended(err) // a normal end is not the answer either
}

// play runs the script.
func (c *run) play(ctx context.Context) error {
	client, _, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer client.CloseNow()
	r := script.Runner{
		Script: c.Script, Conn: client, Timeout: c.Timeout, Getenv: c.env.Getenv,
		Out: c.env.Stdout, JSON: c.JSON, Verbose: c.Verbose, Quiet: c.Quiet,
	}
	if err := r.Run(ctx); err != nil {
		return cli.Interrupted(ctx, err)
	}
	_ = client.Close(ws.CloseNormal, "") // the script has said all that matters
	return nil
}
