package wsclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// How long [Conn.Close] waits for the server.
const closeTimeout = 5 * time.Second

// writeClose sends a close frame. It waits up to closeTimeout.
func (c *Conn) writeClose(code int, reason string) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return c.Write(ctx, ws.OpClose, ws.AppendClosePayload(nil, code, reason))
}

// Close does the closing handshake and closes the socket: it sends a close frame with the code and
// the reason, unless one was sent, and drops messages until the server's close frame. It waits at
// most 5 seconds for each. A code that may not be sent, such as [ws.CloseNoStatus], makes the frame
// empty. Close returns an error if the server did not answer in time or correctly. A Read at the
// same time gets the server's answer, or an error.
func (c *Conn) Close(code int, reason string) error {
	defer func() { _ = c.CloseNow() }()
	if err := c.writeClose(code, reason); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	// Set the deadline twice: a Read at the same time clears it if the context of Read ends.
	deadline := time.Now().Add(closeTimeout)
	_ = c.conn.SetReadDeadline(deadline)
	_ = c.reading.lock(context.Background()) // waits for the Read, which the deadline ends
	defer c.reading.unlock()
	_ = c.conn.SetReadDeadline(deadline)
	return c.awaitClose()
}

// awaitClose drops messages until the server's close frame.
func (c *Conn) awaitClose() error {
	for {
		_, _, err := c.read(context.Background())
		if _, ok := err.(*ws.CloseError); ok {
			return nil
		}
		if err != nil {
			return fmt.Errorf("await close frame: %w", err)
		}
	}
}

// CloseNow closes the socket without a closing handshake. It ends all other calls, and may be
// called again.
func (c *Conn) CloseNow() error {
	err := c.conn.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
