package gateway

import (
	"crypto/tls"
	"errors"
	"runtime"
	"sync/atomic"

	"github.com/tyg-dev/tyg/internal/sock"
)

// tlsWaiting is how many clients may wait for their turn in the handshake of TLS. A client that
// waits has a goroutine and some buffers, about 20 KB.
const tlsWaiting = 1000

// errTLSBusy ends a handshake of TLS that would have to wait behind too many others.
var errTLSBusy = errors.New("too many clients wait for the handshake of TLS")

// A tlsGate bounds how many handshakes of TLS compute at the same time. A server that begins more
// than it has cores ends each of them later, and in a storm all of them too late. What a client
// sends and when is not counted: a client has a place from its first message, which is complete
// then, until the server waits for the next one.
type tlsGate struct {
	places  chan struct{} // as many tokens as may compute; nil: no limit
	waiting atomic.Int64
	most    int64 // how many may wait
}

// newTLSGate returns the gate of Limits.TLSHandshakes.
func newTLSGate(limit int) *tlsGate {
	if limit == 0 {
		return &tlsGate{}
	}
	return &tlsGate{places: make(chan struct{}, limit), most: tlsWaiting}
}

// defaultTLSHandshakes is the default of Limits.TLSHandshakes.
func defaultTLSHandshakes() int { return 2 * runtime.GOMAXPROCS(0) }

// config returns a copy of cfg for connections of sock.UnderTLS whose handshakes pass the gate.
func (g *tlsGate) config(cfg *tls.Config) *tls.Config {
	cfg = cfg.Clone()
	if g.places == nil {
		return cfg
	}
	choose := cfg.GetConfigForClient
	cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if err := g.enter(hello); err != nil {
			return nil, err
		}
		if choose == nil {
			return nil, nil
		}
		return choose(hello)
	}
	return cfg
}

// enter waits for a place, which the client leaves before the server reads from it again.
func (g *tlsGate) enter(hello *tls.ClientHelloInfo) error {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.most {
		return errTLSBusy
	}
	select {
	case g.places <- struct{}{}:
	case <-hello.Context().Done():
		return hello.Context().Err()
	}
	if leave := func() { <-g.places }; !sock.BeforeRead(hello.Conn, leave) {
		leave()
	}
	return nil
}
