package lambda

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// API Gateway has no event for a connection that is open. The function that has accepted a client
// therefore invokes itself asynchronously with the connect event, in an envelope, before it
// returns. That second invocation waits until the connection answers and then calls the Handler.

// openEnvelope begins the payload of such an invocation. No event of API Gateway begins like this.
const openEnvelope = `{"tyg":"open","connect":`

// openWait is how long the client of an accepted handshake may take to appear. It takes API Gateway
// some 10 to 100 milliseconds. A client that has left meanwhile never appears, and the invocation
// waits for it in vain, so the time is short.
const openWait = 3 * time.Second

// openPause and openMaxPause are the first and the longest pause between two looks.
const (
	openPause    = 10 * time.Millisecond
	openMaxPause = 250 * time.Millisecond
)

func sealOpen(connect []byte) []byte {
	payload := append(make([]byte, 0, len(openEnvelope)+len(connect)+1), openEnvelope...)
	return append(append(payload, connect...), '}')
}

// unsealOpen returns the connect event of an invocation for open.
func unsealOpen(payload []byte) ([]byte, bool) {
	connect, ok := bytes.CutPrefix(payload, []byte(openEnvelope))
	if !ok {
		return nil, false
	}
	return bytes.CutSuffix(bytes.TrimSpace(connect), []byte("}"))
}

// scheduleOpen has the open handler run for a client that was just accepted. A failure is logged,
// and the client connects all the same.
func (h *Host) scheduleOpen(ctx context.Context, e tyg.Event, connect []byte) {
	if err := h.self(ctx, sealOpen(connect)); err != nil {
		h.log.ErrorContext(ctx, "OnOpen will not run: the function could not invoke itself; "+
			"its role needs lambda:InvokeFunction on it", eventAttrs(e, time.Now(), err)...)
	}
}

// open waits for the connection and runs the open handler. It never fails: Lambda would invoke the
// function twice more.
func (h *Host) open(ctx context.Context, connect []byte) {
	e, err := apigw.UnmarshalEvent(connect, nil)
	if err != nil || e.Type != tyg.EventConnect {
		h.log.ErrorContext(ctx, "invocation for open not understood", "err", err)
		return
	}
	e.Conn.Sender = h.senders.of(e.Conn)
	e.Type, e.Route, e.RequestID, e.Request = tyg.EventOpen, tyg.RouteOpen, newRequestID(), nil
	start := time.Now()
	if err := h.awaitOpen(ctx, e.Conn); err != nil {
		h.log.DebugContext(ctx, "client left before open", eventAttrs(e, start, err)...)
		return
	}
	e.Time = time.Now()
	life := h.groups.begin(ctx, e)
	_, err = h.call(ctx, e)
	_ = life.end(ctx, true) // fails for a connect only
	if err != nil {
		h.log.ErrorContext(ctx, "handler failed", eventAttrs(e, e.Time, err)...)
	}
}

// awaitOpen waits until the connection answers, which API Gateway lets it do once the client has
// its 101. Before that, and after its end, it is gone. A gateway of tyg tells the two apart.
func (h *Host) awaitOpen(ctx context.Context, c *tyg.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	for pause := openPause; ; pause = min(2*pause, openMaxPause) {
		_, err := c.Info(ctx)
		if err == nil || h.isOver(ctx, c.ID) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("wait for the connection: %w", errors.Join(ctx.Err(), err))
		}
	}
}

// isOver reports that a connection has ended, or was refused. A gateway of tyg knows the state of a
// connection from connect on; of API Gateway it is not known, and isOver returns false. It matters
// under "tyg local", where the wait for a client that has left would hold up the one process.
func (h *Host) isOver(ctx context.Context, id tyg.ConnID) bool {
	at, ok := h.shared.(gatewayShared)
	if !ok {
		return false
	}
	_, _, err := at.LoadValue(ctx, tyg.ValueKey{Conn: id})
	return errors.Is(err, tyg.ErrGone)
}

// newRequestID returns an id of API Gateway's shape.
func newRequestID() string {
	var b [11]byte
	rand.Read(b[:]) // never fails
	return base64.URLEncoding.EncodeToString(b[:])
}

// A connecting is the Sender of a connection whose connect handler runs: to that one, nothing can
// be sent yet.
type connecting struct {
	tyg.Sender
	id tyg.ConnID
}

func (c connecting) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	return c.explain(c.Sender.Send(ctx, id, data, opts...))
}

func (c connecting) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	err := c.Sender.SendMany(ctx, ids, data, opts...)
	var errs []error
	for id, failure := range tyg.Failures(err) {
		errs = append(errs, c.explain(&tyg.ConnError{Op: opSend, ID: id, Err: failure}))
	}
	if errs == nil {
		return err // about no recipient
	}
	return errors.Join(errs...)
}

// explain turns the "gone" of the connection itself into tyg.ErrNotOpen.
func (c connecting) explain(err error) error {
	if e, ok := errors.AsType[*tyg.ConnError](err); ok && e.ID == c.id && errors.Is(err, tyg.ErrGone) {
		return &tyg.ConnError{Op: e.Op, ID: e.ID, Err: tyg.ErrNotOpen}
	}
	return err
}
