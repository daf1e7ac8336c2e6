package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway/internal/accesslog"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/authorize"
	"github.com/tyg-dev/tyg/internal/connid"
	"github.com/tyg-dev/tyg/internal/groups"
	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/logqueue"
	"github.com/tyg-dev/tyg/internal/lograte"
	"github.com/tyg-dev/tyg/internal/reqbody"
	"github.com/tyg-dev/tyg/internal/route"
	"github.com/tyg-dev/tyg/internal/sock"
	"github.com/tyg-dev/tyg/internal/values"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A Server holds WebSocket connections and calls a Handler with what happens on them. It is an
// http.Handler, and a tyg.Host: it reaches its connections, and holds their groups and values.
//
// Set its fields before the first request and do not change them after; all but Handler may be left
// zero. All methods may be called at the same time.
type Server struct {
	// Handler handles the events. It is bound to Host when the Server starts, see tyg.Bind.
	Handler tyg.Handler

	// Host is what Handler is bound to, and what the @connections API and the one beside it for groups
	// and values call. Nil means the Server itself; a cluster sets one that reaches the connections of
	// all nodes. One that has the method CloseWith of a Server closes with codes of callers too.
	Host tyg.Host

	// Values keeps the values of the application (tyg.Value). Nil keeps them in memory, as long as
	// the Server.
	Values tyg.Values

	// HTTP gets the requests that are neither for the WebSocket nor for the @connections API: a GET
	// of "/" by a browser, for example. Nil answers them 403, as API Gateway does.
	HTTP http.Handler

	// Home gets the GET of "/" by a browser, one that asks for HTML, where HTTP is nil. Nil answers
	// it as any other.
	Home http.Handler

	// Stage is the first part of the URL's path, "api" by default: API Gateway's stage.
	Stage string

	// APIID is the API's id in events, "local" by default.
	APIID string

	// Description says which routes Handler handles, which of them answer, and who may connect.
	// Nil means what Handler says of itself, see tyg.Describe.
	Description *tyg.Description

	// StageVariables are settings that events and identity sources carry.
	StageVariables map[string]string

	// Origins are the origins of web pages, beside those of the server's own host, whose scripts
	// may connect: "https://example.com", or with one "*" for any part of a host name,
	// "https://*.example.com"; "http://localhost:*" for any port. "null" are pages that were opened
	// as files, and frames in a sandbox on any page of any site. "*" alone allows all.
	//
	// A page of the server's own host that connects from this machine, and not through a proxy that
	// says so in a header such as X-Forwarded-For, must have the server at an address or at
	// localhost, unless its origin is here: any other name may be another site's that points here
	// by now (DNS rebinding).
	Origins []string

	// Hosts are the names by which clients may call the server, in their Host header:
	// "chat.example.com", or "*.example.com" for all names below it, with any port. Nil allows all.
	// Other requests are answered 403 Forbidden, as API Gateway does. Callers on this machine may
	// also use an address or localhost, and calls of the @connections API any name. Pages of these
	// hosts may connect from this machine, too, see Origins. A proxy in front has to pass Host on.
	Hosts []string

	// TrustedProxies are the addresses of reverse proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	// Secrets are the secret keys, by access key id, of callers of the @connections API and its like;
	// calls must be signed with one of them (AWS Signature Version 4, service execute-api). Nil
	// allows calls from this machine with any well-formed signature, unless they come from a
	// browser or through a proxy.
	Secrets map[string]string

	// Limits bounds what clients and handlers may do. The zero Limits are API Gateway's.
	Limits Limits

	// TimeScale makes the time limits that are API Gateway's (Idle, Life, Integration) pass faster by
	// this factor, for tests: with 600, ten minutes are a second. Zero means 1.
	TimeScale float64

	// Extensions switches on what API Gateway does not do.
	Extensions Extensions

	// AccessLog, if not nil, gets a line for each event.
	AccessLog *AccessLog

	// NoCompression switches off permessage-deflate (RFC 7692), which is used with clients that
	// offer it, as browsers do. What a client may make the server spend on it is bounded, see doc.go.
	// Switch it off where processors are dearer than the network, or where one message has both a
	// secret and text that a stranger chooses: its length tells about the secret.
	NoCompression bool

	// Portable gives every connection a goroutine that waits for it, as on systems other than
	// Linux, and for connections that are more than a socket.
	Portable bool

	// TLS is what Serve speaks, if it is not nil. HTTP/1.1 is the only protocol it offers, beside
	// acme-tls/1 if that is in NextProtos.
	TLS *tls.Config

	// DrainWindow is how long Shutdown spreads the ends of connections over, in random order, so that
	// their clients do not all come to another server at once. Zero ends up to 100 connections at
	// once, and of more 50 a second, or as many as makes it 30 seconds, or 1,000 a second. A negative
	// one ends all at once. It is half the time of Shutdown's context at most.
	DrainWindow time.Duration

	// NewID returns a new connection id. Nil makes ids that name a node of their own.
	NewID func() tyg.ConnID

	// Logger gets the errors that cannot be returned. Nil means slog.Default(). No request waits for
	// it longer than a moment: while it is stuck, lines wait in a bounded queue, or are dropped.
	Logger *slog.Logger

	// Trace has functions to call when something happens, for metrics.
	Trace Trace

	startOnce    sync.Once
	startErr     error // why the fields above cannot work
	limits       Limits
	log          *slog.Logger
	logQueue     logqueue.Queue // of log
	host         tyg.Host
	calls        tyg.Host // host, as calls of the @connections API reach it
	values       tyg.Values
	routes       *route.Table
	responds     map[string]bool       // the keys of routes with a route response
	opens        bool                  // Handler asks for EventOpen
	leaves       bool                  // Handler asks for EventLeave
	authorizer   *authorize.Authorizer // nil: every client may connect
	access       *accesslog.Log        // nil: none
	ids          connid.Maker
	wsConfig     ws.Config
	hub          hub
	connecting   connecting
	groups       groups.Set[*session]
	answers      answers
	detached     *attachment // of connections that are over
	holder       session     // that the contexts of Hold belong to
	limiter      connLimiter
	rate         connectRate
	ends         endGate
	tlsGate      *tlsGate
	heads        *headGate
	pace         pace
	acceptor     acceptor
	bodies       reqbody.Budget // of calls of the @connections API
	sweep        sweep
	closing      sessionSet // until they have ended
	pools        pools
	sockPoller   sock.Poller
	timeHandlers bool // the duration of handlers is needed exactly
	observer     atomic.Pointer[Observer]
	origins      handshake.Origins
	hosts        hosts.List
	clock        clock
	count        counters
	inflated     commonAccount
	memory       memoryBudget
	closed       closed
	refused      refused
	lines        lograte.Limiter // of log, by kind
	stacks       lograte.Limiter // of panics, by place
	accessLost   int64           // lines of access that were reported; owned by the sweep
}

var (
	_ http.Handler = (*Server)(nil)
	_ tyg.Host     = (*Server)(nil)
)

// Start checks the fields and makes the Server ready. The first request does that too; call Start
// to get the error, or to send before a client has connected.
func (s *Server) Start() error {
	s.startOnce.Do(func() { s.startErr = s.init() })
	return s.startErr
}

// init does what Start does, once.
func (s *Server) init() (err error) {
	if s.Handler == nil {
		return errors.New("gateway: Server.Handler is nil; set it to a tyg.App")
	}
	s.limits = s.Limits.withDefaults().faster(s.TimeScale)
	s.log = slog.New(logqueue.NewHandler(cmp.Or(s.Logger, slog.Default()).Handler(), &s.logQueue))
	s.lines.Lines, s.lines.Window = linesPerWindow, lineWindow
	s.stacks.Lines, s.stacks.Window = 1, stackWindow
	s.host = s.Host
	if s.host == nil {
		s.host = s
	}
	s.values = s.Values
	if s.values == nil {
		s.values = new(values.Memory)
	}
	if err := s.configure(); err != nil {
		return err
	}
	s.ids.Incarnation = connid.NewIncarnation()
	s.wsConfig = ws.Config{
		MaxFrame:     s.limits.Frame,
		MaxMessage:   s.limits.Message,
		MaxFragments: s.limits.Fragments,
		TextOnly:     !s.Extensions.Binary,
	}
	s.clock.start()
	s.inflated.patience = restPatience
	s.memory.init(s.limits.Memory, s.trimMemory)
	s.hub.init()
	s.holder.srv = s
	s.initAttachments()
	s.acceptor.init(s)
	s.sockPoller.AcceptFailed = s.noteAccept
	s.initBodies()
	s.limiter.init()
	s.ends.init()
	s.heads = newHeadGate(&s.sockPoller, &s.clock)
	s.tlsGate = newTLSGate(s.limits.TLSHandshakes)
	s.pools.init(&s.memory)
	s.timeHandlers = s.access != nil || s.Trace.Handled != nil ||
		s.limits.Integration > 0 && s.limits.Integration < 20*tick
	s.sweep.every, s.sweep.whole = s.limits.sweepEvery(s.Extensions.Ping)
	tyg.Bind(s.Handler, s.host)
	s.calls = tyg.Bound(s.Handler, s.host)
	return nil
}

// configure parses the fields that have a syntax of their own.
func (s *Server) configure() (err error) {
	d := s.description()
	if s.routes, err = route.New(d.Selection(), d.Keys()); err != nil {
		return err
	}
	s.opens, s.leaves = d.Open, d.Leave
	s.responds = make(map[string]bool)
	for _, r := range d.Routes {
		s.responds[r.Key] = r.Response
	}
	if s.origins, err = handshake.ParseOrigins(s.Origins); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	if s.hosts, err = hosts.Parse(s.Hosts); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	if s.access, err = newAccessLog(s.AccessLog); err != nil {
		return err
	}
	if s.authorizer, err = authorize.New(d.Authorizer, s.StageVariables); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	return nil
}

func (s *Server) description() tyg.Description {
	if s.Description != nil {
		return *s.Description
	}
	return tyg.Describe(s.Handler)
}

// Shutdown ends the service: new handshakes are refused with 503, and one connection after the
// other, over the time that DrainWindow says, is closed with 1012 once its handlers have returned
// and their replies have left; no further message of it is handled. Handlers, the disconnect
// handlers among them, get until the end of ctx to return. It returns nil if they all did; else it
// ends their contexts, closes the sockets, and its error wraps that of ctx. It logs every few
// seconds how many connections are left.
//
// Listeners of Serve are closed last, so that late handshakes are answered. If the Server is
// mounted in an http.Server, stop both, this one first: the other does not know connections that
// became WebSockets.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.Start() != nil {
		return nil // there are no connections
	}
	stopProgress := s.logProgress()
	if s.limiter.close() {
		s.drain(ctx)
	}
	s.acceptor.drain()
	err := s.limiter.wait(ctx)
	stopProgress()
	if err != nil {
		err = fmt.Errorf("connections cut: %d, whose handlers did not return in time: %w",
			s.limiter.count(), err)
		s.ends.open()
		s.hub.each(func(c *session) { c.abort() })
	}
	if e := s.acceptor.shutdown(ctx); e != nil && err == nil {
		err = fmt.Errorf("requests cut that were not answered in time: %w", e)
	}
	s.sweep.halt()
	s.flushLog(time.Now().Add(lineWindow))
	s.sockPoller.Close()
	return err
}

func (s *Server) stage() string {
	if s.Stage == "" {
		return "api"
	}
	return s.Stage
}

func (s *Server) apiID() string {
	if s.APIID == "" {
		return "local"
	}
	return s.APIID
}

func (s *Server) newID() tyg.ConnID {
	if s.NewID != nil {
		return s.NewID()
	}
	return s.ids.New()
}
