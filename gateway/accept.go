package gateway

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/ws"
)

// accept makes the connection c of a handshake, or refuses it. names are the names of the headers
// as the client spelt them, nil if they are not known.
func (s *Server) accept(c *session, w http.ResponseWriter, r *http.Request, names []string) {
	slot := s.headSlot(c)
	defer slot.leave()
	addr := handshake.SourceAddr(r, s.TrustedProxies)
	c.initConn(r, addr)
	up, rej := s.check(r)
	if rej == nil {
		rej = s.admit(addr)
	}
	if rej != nil {
		slot.leave() // the client may not read its answer
		s.refuse(w, c, *rej)
		return
	}
	if _, ok := w.(*refusalWriter); !ok {
		r = withHeader(r)
	}
	request := s.request(r, up, c)
	request.HeaderNames = withoutAdded(names)
	if names != nil {
		handshake.DropInvented(request.Header, names)
	}
	slot.leave()
	if rej := c.runAuthorizer(request); rej != nil {
		s.limiter.release(addr)
		s.refuse(w, c, *rej)
		return
	}
	reply, rej := c.connect(w, request)
	if rej != nil && rej.sent {
		return
	}
	if rej != nil {
		s.refuse(w, c, *rej)
		return
	}
	if o := s.observed(); o != nil {
		o.Opened(&c.conn, request)
	}
	s.begin(w, c, up, cmp.Or(reply.Subprotocol, request.SelectedSubprotocol()))
}

// check checks all of a handshake that does not need the application.
func (s *Server) check(r *http.Request) (ws.Upgrade, *refusal) {
	if !s.servesPath(r.URL.Path) {
		return ws.Upgrade{}, &refusal{
			cause: forStage, status: http.StatusForbidden, message: apigw.Forbidden,
			log: fmt.Sprintf("no stage at %q", r.URL.Path),
		}
	}
	if limit := s.limits.URL; limit > 0 && len(r.RequestURI) > limit {
		return ws.Upgrade{}, &refusal{
			cause: forURL, status: http.StatusRequestURITooLong,
			message: fmt.Sprintf("The URL is longer than %d characters", limit),
		}
	}
	up, err := ws.ParseUpgrade(r)
	if err != nil {
		return up, handshakeRefusal(err)
	}
	if err := s.checkHost(r); err != nil {
		return up, &refusal{
			cause: forHost, status: http.StatusForbidden, message: apigw.Forbidden, log: err.Error(),
		}
	}
	if err := s.origins.Check(r, s.hosts); err != nil {
		return up, &refusal{
			cause: forOrigin, status: http.StatusForbidden, message: apigw.Forbidden, log: err.Error(),
		}
	}
	return up, nil
}

// CheckOrigins returns why origins cannot be those of a Server, or nil if they can.
func CheckOrigins(origins []string) error {
	_, err := handshake.ParseOrigins(origins)
	return err
}

// servesPath reports whether WebSockets are accepted at path: /{stage}, or nothing, where a mapped
// domain or http.StripPrefix has removed the stage.
func (s *Server) servesPath(path string) bool {
	path = strings.Trim(path, "/")
	return path == "" || path == s.stage()
}

func handshakeRefusal(err error) *refusal {
	bad, ok := errors.AsType[*ws.HandshakeError](err)
	if !ok {
		return &refusal{
			cause: forHandshake, status: http.StatusBadRequest, message: "Bad Request", log: err.Error(),
		}
	}
	return &refusal{
		cause: forHandshake, status: bad.Status, header: bad.Header, message: bad.Reason,
	}
}

// admit counts the connection, or returns why its handshake is refused.
func (s *Server) admit(addr netip.Addr) *refusal {
	if s.memory.scarce() {
		return &refusal{
			cause: forMemory, status: http.StatusServiceUnavailable, retry: true,
			message: "Service Unavailable", log: "slow clients hold nearly all of Limits.Memory",
		}
	}
	switch s.limiter.admit(addr, s.limits.Conns, s.limits.ConnsPerAddress) {
	case shuttingDown:
		return unavailable(forShutdown, retrySoon(), "shutting down")
	case totalLimit:
		return unavailable(forConns, retrySoon(), fmt.Sprintf(
			"%d connections are open, which is the limit (Limits.Conns)", s.limits.Conns))
	case perAddressLimit:
		return &refusal{
			cause: forConnsPerAddress, status: http.StatusTooManyRequests, retry: true,
			retryAfter: retrySoon(), message: "Too Many Requests", log: fmt.Sprintf(
				"%s has %d connections, which is the limit (Limits.ConnsPerAddress); "+
					"if it is a proxy, add it to TrustedProxies", addr, s.limits.ConnsPerAddress),
		}
	}
	rate := s.limits.ConnectRate
	if rate == 0 || !isRemote(addr) {
		return nil
	}
	retry, ok := s.rate.admit(time.Now(), rate)
	if ok {
		return nil
	}
	s.limiter.release(addr)
	return unavailable(forConnectRate, retry, fmt.Sprintf(
		"%d clients have connected within a second, which is the limit (Limits.ConnectRate)", rate))
}

// unavailable returns a refusal with 503 that asks the client to come again.
func unavailable(cause refusalCause, retry time.Duration, log string) *refusal {
	return &refusal{
		cause: cause, status: http.StatusServiceUnavailable, retry: true, retryAfter: retry,
		message: "Service Unavailable", log: log,
	}
}

// withHeader returns a copy of r with a header of its own, because other code may read that of r.
func withHeader(r *http.Request) *http.Request {
	own := *r
	own.Header = r.Header.Clone()
	return &own
}

// The headers that the gateway adds, in the spelling of API Gateway.
const (
	headerFor   = "X-Forwarded-For"
	headerProto = "X-Forwarded-Proto"
	headerPort  = "X-Forwarded-Port"
	headerTrace = "X-Amzn-Trace-Id"
)

// withoutAdded returns names without those of headers that the gateway adds, which has its own
// spelling for them. It may change names.
func withoutAdded(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc([]string{headerFor, headerProto, headerPort, headerTrace},
			func(added string) bool { return strings.EqualFold(name, added) })
	})
}

// request returns the handshake as the application sees it, with the headers that API Gateway adds,
// which become those of r.
// (https://github.com/awslabs/aws-lambda-rust-runtime/blob/main/lambda-events/src/fixtures/example-apigw-websocket-request-without-method.json)
func (s *Server) request(r *http.Request, up ws.Upgrade, c *session) *tyg.Request {
	h := r.Header
	scheme, port := "http", "80"
	if r.TLS != nil {
		scheme, port = "https", "443"
	}
	if _, p, err := net.SplitHostPort(r.Host); err == nil {
		port = p
	}
	values := make([]string, 0, 4) // one object for all
	add := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1:]
	}
	if h.Get(headerProto) == "" {
		add(headerProto, scheme)
	}
	if h.Get(headerPort) == "" {
		add(headerPort, port)
	}
	if h.Get(headerTrace) == "" {
		add(headerTrace, traceID(c.conn.ConnectedAt))
	}
	if hops := forwardedFor(r, c); hops != "" {
		add(headerFor, hops)
	} else {
		h.Del(headerFor)
	}
	return &tyg.Request{
		Host:         r.Host,
		Header:       h,
		Query:        handshake.ParseQuery(r.URL.RawQuery),
		SourceIP:     c.conn.SourceIP,
		Subprotocols: up.Subprotocols,
	}
}

// forwardedFor is handshake.ForwardedFor: without a proxy, that is where the client is.
func forwardedFor(r *http.Request, c *session) string {
	if r.Header[headerFor] == nil {
		return c.conn.SourceIP
	}
	return handshake.ForwardedFor(r)
}

// traceID returns a new id in the form of an X-Ray trace id.
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html)
func traceID(at time.Time) string {
	var raw [16]byte
	binary.BigEndian.PutUint32(raw[:], uint32(at.Unix()))
	binary.BigEndian.PutUint64(raw[4:], rand.Uint64())
	binary.BigEndian.PutUint32(raw[12:], rand.Uint32())
	b := hex.AppendEncode(append(make([]byte, 0, 48), "Root=1-"...), raw[:4])
	return string(hex.AppendEncode(append(b, '-'), raw[4:]))
}

// begin starts the connection. The application has seen its connect, and will see its disconnect
// even if this fails.
func (s *Server) begin(w http.ResponseWriter, c *session, up ws.Upgrade, subprotocol string) {
	if err := c.takeSocket(w); err != nil {
		s.refuse(w, c, refusal{
			status: http.StatusInternalServerError,
			log:    "cannot take over the socket: " + err.Error(),
		})
		c.markLost(err, lost)
		c.finish()
		s.connecting.remove(c)
		return
	}
	deflate := up.Deflate != nil && !s.NoCompression
	if deflate {
		c.reader.Inflate = true
		c.inflating = newInflating(up.Deflate, s.clock.now())
	}
	if n := s.Extensions.Concurrency; n > 1 {
		c.handlers = newHandlerPool(n)
	}
	c.conn.Subprotocol = strings.Clone(subprotocol) // as the others, in initConn
	c.queueUpgrade(up, subprotocol, deflate)
	s.count.connects.Add(1)
	c.opened.Store(true)
	s.hub.open.Add(1)
	s.hub.add(c)
	s.connecting.remove(c)
	c.openGroups()
	s.sweep.start(s)
	if s.limiter.isClosed() {
		c.closeAfterHandlers(ws.CloseServiceRestart, "Service restart", atShutdown, time.Now())
	}
	c.start()
}

// takeSocket takes the socket from the http.Server, and with it the bytes that the client sent
// along with its handshake. If Serve has read the handshake, the session has both already.
func (c *session) takeSocket(w http.ResponseWriter) error {
	if _, ok := w.(*refusalWriter); ok {
		return nil
	}
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	if n := buffered.Reader.Buffered(); n > 0 {
		received, _ := buffered.Reader.Peek(n)
		c.unparsed = append([]byte(nil), received...)
	}
	if over, ok := nc.(interface{ head() *headConn }); ok { // only the socket below it can be polled
		var unread []byte
		nc, unread = over.head().take()
		c.unparsed = append(c.unparsed, unread...)
	}
	c.openSocket(nc)
	return nil
}

func (c *session) openSocket(nc net.Conn) {
	if c.srv.Portable {
		c.sock.OpenUnwatched(nc, &c.srv.sockPoller)
	} else {
		c.sock.Open(nc, &c.srv.sockPoller)
	}
}
