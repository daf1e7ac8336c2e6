package tygtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/authorize"
	"github.com/tyg-dev/tyg/internal/groups"
	"github.com/tyg-dev/tyg/internal/route"
	"github.com/tyg-dev/tyg/internal/values"
)

// The default time limits of a [Host].
const (
	DefaultWait    = 5 * time.Second
	DefaultTimeout = apigw.IntegrationTimeout
)

// maxMessage is the largest message, in bytes, in both directions.
const maxMessage = apigw.MaxMessage

// A Host runs a handler for clients that are in the test itself. It starts no goroutine: a handler
// runs inside the call that causes its event, so that all its effects are visible when
// that call returns. It works in a bubble of testing/synctest, if it is made inside.
//
// A Host is the [tyg.Host] of its handler, with API Gateway's errors. The disconnect event of a
// [Host.Close] is handled before Close returns, except inside a handler: when Close is given that
// handler's context, or is about that handler's own connection, the event follows when the handler
// has returned.
//
// All methods may be called concurrently. Those of a test that has to stop
// (Dial, and Receive of a [Client]) must be called from the goroutine of the test.
type Host struct {
	// Wait is how long a client waits for a message that another goroutine may be sending. Zero
	// is [DefaultWait]. It must not change once there are clients.
	Wait time.Duration

	// Timeout is when the context of a handler ends, and after which the client gets API
	// Gateway's "Endpoint request timed out". Zero is [DefaultTimeout]. A handler that goes on
	// regardless is waited for. It must not change once there are clients.
	Timeout time.Duration

	// Binary takes and sends binary messages, as a gateway with that extension does. Without it the
	// Host is API Gateway: a binary message ends its connection with code 1003, and sends are
	// tyg.ErrBinary. It must not change once there are clients.
	Binary bool

	// Static after NewHost.
	t          testing.TB
	handler    tyg.Handler
	routes     *route.Table
	responds   func(route string) bool
	opens      bool                  // the handler asks for open events
	leaves     bool                  // the handler asks for leave events
	authorizer *authorize.Authorizer // nil: every client may connect

	groups groups.Set[*Client]
	values values.Memory

	mu      sync.Mutex
	clients map[tyg.ConnID]*Client // guarded by mu; those that have not ended
	leaving map[tyg.ConnID]*Client // guarded by mu; whose disconnect handler has not returned
	dialed  int                    // guarded by mu; how many clients there were
	errs    []error                // guarded by mu
	ended   bool                   // guarded by mu; the test has ended
}

var _ tyg.Host = (*Host)(nil)

// NewHost returns a host that runs h until the test ends; then it disconnects every client that is
// left, with code 1001. It is configured by the description of h, see [tyg.Describe]: without the
// route "$connect" every client is accepted without a call, without "$disconnect" h does not learn
// of the end.
func NewHost(t testing.TB, h tyg.Handler) *Host {
	t.Helper()
	host := &Host{
		t: t, handler: h, clients: make(map[tyg.ConnID]*Client),
		leaving: make(map[tyg.ConnID]*Client),
	}
	if err := host.configure(tyg.Describe(h)); err != nil {
		t.Fatalf("start host: %v", err)
	}
	tyg.Bind(h, host)
	t.Cleanup(host.shutdown)
	return host
}

func (h *Host) configure(d tyg.Description) (err error) {
	if h.authorizer, err = authorize.New(d.Authorizer, nil); err != nil {
		return err
	}
	h.groups.Init()
	h.responds, h.opens, h.leaves = d.Responds, d.Open, d.Leave
	h.routes, err = route.New(d.Selection(), d.Keys())
	return err
}

// A Dial has what a client sends when it connects. The zero Dial sends nothing.
type Dial struct {
	Header       http.Header // its names may be spelt as a client would, see tyg.Request.HeaderNames
	Query        url.Values
	Subprotocols []string // in order of preference

	// SourceIP is the client's address, 192.0.2.1 if empty. Only a [Host] can use it.
	SourceIP string
}

// Refused is the error of a handshake that was answered with an HTTP status other than 101.
type Refused struct {
	Status int
	Body   string
}

// Error returns the status and the body.
func (e *Refused) Error() string {
	return fmt.Sprintf("handshake refused with status %d: %s", e.Status, e.Body)
}

// Dial connects a client and ends the test if it is refused.
func (h *Host) Dial() *Client {
	h.t.Helper()
	c, err := h.Try(Dial{})
	if err != nil {
		h.t.Fatalf("dial: %v", err)
	}
	return c
}

// Try connects a client. The error is a [*Refused].
func (h *Host) Try(d Dial) (*Client, error) {
	r := requestOf(d)
	c := newClient(h, r)
	if !h.register(c) {
		return nil, &Refused{Status: http.StatusServiceUnavailable, Body: "the test has ended"}
	}
	c.busy <- struct{}{}
	defer c.unlock()
	if err := h.connect(c, r); err != nil {
		h.leaveGroups(c)
		c.value.End()
		h.remove(c)
		return nil, err
	}
	return c, nil
}

// Errors returns the failures of handlers up to now: errors and panics, each of which was logged
// with the test too, but not refusals. A panic is a [*tyg.PanicError].
func (h *Host) Errors() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.errs)
}

func (h *Host) register(c *Client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	h.dialed++
	c.number = h.dialed
	h.clients[c.conn.ID] = c
	return true
}

func (h *Host) remove(c *Client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c.conn.ID)
}

// shutdown ends every connection, and refuses new ones.
func (h *Host) shutdown() {
	for _, c := range h.openClients() {
		c.markEnded(ending{client: tyg.Disconnect{Code: 1001, Reason: goingAway}})
		c.runDisconnect()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
}

// openClients returns the clients that have not ended, in the order in which they connected.
func (h *Host) openClients() []*Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(maps.Values(h.clients), func(a, b *Client) int {
		return cmp.Compare(a.number, b.number)
	})
}

// newID returns an id of API Gateway's shape: 11 bytes in padded base64url.
func newID() string {
	var b [11]byte
	rand.Read(b[:]) // never fails
	return base64.URLEncoding.EncodeToString(b[:])
}

// handlerContext is the context of one call of the handler.
func (h *Host) handlerContext(r *handlerCall) (context.Context, context.CancelFunc) {
	timeout := h.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return context.WithTimeout(context.WithValue(context.Background(), callKey{h}, r), timeout)
}
