package tyg

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// A Conn is a connection as a handler sees it: an id, what is known about it, and the Sender that
// reaches it. It is not the socket. It may be kept and used from any goroutine for any length of
// time: once the connection has ended, its methods return [ErrGone].
//
// Hosts make Conns. The fields do not change once a handler has seen them and must not be changed.
type Conn struct {
	ID ConnID

	// Sender reaches this connection and every other of the same host.
	Sender Sender

	ConnectedAt time.Time // when the handshake arrived
	SourceIP    string    // the client's address, without port
	UserAgent   string    // the client's User-Agent, may be empty

	// Subprotocol is as selected at connect, or empty. It is not known yet while connect runs, and
	// never on AWS, whose events do not tell it.
	Subprotocol string

	Domain string // the host name that the client connected to
	Stage  string // API Gateway's stage: the first part of the URL's path
	APIID  string // API Gateway's id of the API

	// StageVariables are the settings of the stage, nil if it has none.
	StageVariables map[string]string

	// Identity is what the authorizer returned. It is zero when there was no authorizer. API
	// Gateway adds "integrationLatency" to its Context, the milliseconds that the authorizer took.
	Identity Identity
}

// Send sends one message to the client: text, or with the option [Binary] any bytes. A handler
// echoes a message in its own type by c.Send(ctx, m.Data, m.Type). See [Sender] for what it
// promises.
//
// While connect runs there is no connection to send to yet, and Send returns [ErrNotOpen]; greet
// the client from [App.OnOpen].
func (c *Conn) Send(ctx context.Context, data []byte, opts ...SendOption) error {
	return c.Sender.Send(ctx, c.ID, data, opts...)
}

// SendString is [Conn.Send] for a string.
func (c *Conn) SendString(ctx context.Context, text string) error {
	return c.Sender.Send(ctx, c.ID, []byte(text))
}

// SendJSON sends v, encoded as [json.Marshal] does.
func (c *Conn) SendJSON(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode message to %s as JSON: %w", c.ID, err)
	}
	return c.Sender.Send(ctx, c.ID, data)
}

// Close ends the connection. The disconnect event follows.
func (c *Conn) Close(ctx context.Context) error { return c.Sender.Close(ctx, c.ID) }

// Info asks the host about the connection as it is now.
func (c *Conn) Info(ctx context.Context) (Info, error) { return c.Sender.Info(ctx, c.ID) }
