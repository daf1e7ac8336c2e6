package selfhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/dualport"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/outbound"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/ledgerfile"
	"github.com/tyg-dev/tyg/internal/logqueue"
	"github.com/tyg-dev/tyg/internal/pages"
)

// A Gateway has a valid configuration and is ready to run. Call Run or Close.
type Gateway struct {
	cfg     Config
	out     io.Writer
	notices io.Writer // for what takes long at the start
	log     *slog.Logger
	host    *functions.Host
	set     backend.Set
	gateway *gateway.Server
	admin   *admin.Admin
	token   string             // of the inspector; empty: there is none
	inspect *inspect.Inspector // nil: there is none
	local   net.Listener       // for the @connections calls of functions
	environ []string           // of functions; nil: that of this process
	invoke  net.Listener       // for the calls by which functions invoke themselves
	closers []io.Closer
	member  atomic.Pointer[Member] // nil: in no cluster, or not yet
	file    *ledgerfile.File       // of disconnects; nil: there is none
	running atomic.Bool            // gateway has started
	stopped chan struct{}          // closed when the cluster asks the process to end
	stop    func()                 // closes it
}

// New checks the configuration as far as that is possible without serving, and opens its files.
func New(ctx context.Context, cfg Config, stdout, stderr io.Writer) (g *Gateway, err error) {
	out, log := logqueue.NewWriter(stdout), logqueue.NewWriter(stderr)
	g = &Gateway{cfg: cfg, out: out, notices: stderr, stopped: make(chan struct{})}
	g.stop = sync.OnceFunc(func() { close(g.stopped) })
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	if g.log, err = newLogger(cfg.Log, log); err != nil {
		return g, err
	}
	if err := cfg.checkDrain(); err != nil {
		return g, err
	}
	if cfg.Joins() {
		if _, err := cfg.place(); err != nil {
			return g, err
		}
	}
	secrets, err := cfg.secrets()
	if err != nil {
		return g, err
	}
	if g.token, err = g.cfg.inspectToken(); err != nil {
		return g, err
	}
	if g.set, err = g.cfg.set(ctx); err != nil {
		return g, err
	}
	if g.local, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return g, fmt.Errorf("listen for functions: %w", err)
	}
	g.closers = append(g.closers, g.local)
	if g.invoke, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return g, fmt.Errorf("listen for functions: %w", err)
	}
	g.closers = append(g.closers, g.invoke)
	if project.On(cfg.FunctionsTLS) {
		if err := g.openOutbound(); err != nil {
			return g, err
		}
	}
	g.host = &functions.Host{
		Environ: g.environ,
		Region:  cfg.Region, AccountID: cfg.AccountID, Credentials: credentials(secrets),
		ManagementEndpoint: "http://" + g.local.Addr().String() + "/" + cfg.APIGatewayStage,
		API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			g.gateway.ServeFunction(w, r)
		}),
		InvokeEndpoint: "http://" + g.invoke.Addr().String(),
		Output:         g.line,
		Started:        g.started,
		Warn: func(w functions.Warning) {
			g.log.Warn(w.Detail, "function", w.Function, "request", w.RequestID)
		},
	}
	g.admin = admin.New(admin.Config{
		APIID: cfg.APIID, Stage: cfg.APIGatewayStage,
		Hosts:    cfg.hosts(),
		LogDrops: func() int64 { return out.Dropped() + log.Dropped() },
		Gateway:  g.stats,
		Ready:    g.ready, IsAnswer: isAnswer,
		Metrics: []func() []admin.Metric{g.functionMetrics, g.clusterMetrics, g.fileMetrics},
	})
	if err := g.serverOf(ctx, secrets); err != nil {
		return g, err
	}
	return g, nil
}

// openOutbound makes the gateway answer functions over TLS, at the addresses that they build.
func (g *Gateway) openOutbound() error {
	dir, err := os.MkdirTemp("", "tyg-gateway-*")
	if err != nil {
		return fmt.Errorf("functions_tls: %w", err)
	}
	g.closers = append(g.closers, removed(dir))
	o, err := outbound.Open(outbound.Config{
		Gateway: g.local.Addr().String(), APIID: g.cfg.APIID, Dir: dir, Environ: os.Environ(),
	})
	if err != nil {
		return fmt.Errorf("functions_tls: %w", err)
	}
	g.closers = append(g.closers, o)
	g.environ = slices.Concat(os.Environ(), o.Environ())
	g.local = dualport.New(g.local, o.TLS())
	g.closers = append(g.closers, g.local)
	return nil
}

// removed is a directory that Close removes.
type removed string

// Close removes the directory.
func (r removed) Close() error { return os.RemoveAll(string(r)) }

// serverOf makes the gateway.
func (g *Gateway) serverOf(ctx context.Context, secrets map[string]string) error {
	c := g.cfg
	place := backend.Place{
		Stage: c.APIGatewayStage, APIID: c.APIID, Domain: c.domain(g.local.Addr().String()),
		StageVariables: c.StageVariables,
	}
	router, err := g.set.Router(ctx, g.host, place)
	if err != nil {
		return err
	}
	proxies, err := prefixes(c.TrustedProxies)
	if err != nil {
		return err
	}
	access, err := g.accessLog()
	if err != nil {
		return err
	}
	g.gateway = &gateway.Server{
		Handler: router, Stage: c.APIGatewayStage, APIID: c.APIID, StageVariables: c.StageVariables,
		Origins: c.Origins, Hosts: c.hosts(), TrustedProxies: proxies, Secrets: secrets,
		Limits: c.Profile.Limits, Extensions: c.Profile.Extensions,
		NoCompression: c.Profile.NoCompression,
		AccessLog:     access, Logger: g.log, Trace: g.admin.Trace(),
		DrainWindow: span(c.DrainWindow),
	}
	if g.set.Pages != nil {
		g.gateway.HTTP = pages.Handler(g.set.Pages)
	}
	g.gateway.Home = g.home()
	return nil
}

// prefixes parses networks and single addresses.
func prefixes(list []string) (all []netip.Prefix, err error) {
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, e := netip.ParseAddr(s)
			if e != nil {
				return nil, fmt.Errorf("trusted_proxies: %q is neither an address nor a network", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		all = append(all, p)
	}
	return all, nil
}

func (g *Gateway) accessLog() (*gateway.AccessLog, error) {
	l := g.cfg.AccessLog
	if l == nil || l.File == "" && l.DestinationARN != "" {
		return nil, nil
	}
	if l.File == "" || l.File == "-" {
		return &gateway.AccessLog{Out: g.out, Format: l.Format}, nil
	}
	f, err := os.OpenFile(g.cfg.path(l.File), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open access log: %w", err)
	}
	g.closers = append(g.closers, f)
	return &gateway.AccessLog{Out: f, Format: l.Format}, nil
}

func newLogger(l project.Log, to io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if l.Level != "" {
		if err := level.UnmarshalText([]byte(l.Level)); err != nil {
			return nil, fmt.Errorf("log.level: %w", err)
		}
	}
	opts := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, opts)), nil
	}
	return slog.New(slog.NewTextHandler(to, opts)), nil
}

// line logs a line of output of a function.
func (g *Gateway) line(l functions.Line) {
	g.log.Info(l.Text, "function", l.Function, "pid", l.PID, "request", l.RequestID,
		"stream", l.Stream.String())
	if g.inspect != nil {
		g.inspect.Printed(l.Function, l.RequestID, l.Stream.String(), l.Text)
	}
}

// stats returns the counts of the gateway, which may be asked once it has started.
func (g *Gateway) stats() (s gateway.Stats) {
	if g.running.Load() {
		s = g.gateway.Stats()
	}
	return s
}

// Close closes the files and listeners of New.
func (g *Gateway) Close() {
	for _, c := range g.closers {
		_ = c.Close() // no buffered data is lost
	}
}

// listen listens. Its errors say what to do.
func listen(what, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: %s is in use by another program, maybe another tyg gateway; %s",
			what, addr, otherAddress(what))
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%s: no permission to listen on %s; use a port above 1023, or permit "+
			"it with setcap cap_net_bind_service=+ep", what, addr)
	case err != nil:
		return nil, fmt.Errorf("%s: listen on %s: %w", what, addr, err)
	}
	return l, nil
}

// otherAddress says how to choose another address for a listener.
func otherAddress(what string) string {
	switch what {
	case "addr":
		return `choose another with --addr or "addr"`
	case "admin":
		return `choose another with "admin": {"addr": "127.0.0.1:0"}, where 0 is any free port, ` +
			`or do without it with "admin": {"off": true}`
	}
	return fmt.Sprintf("choose another %q", what)
}

// scheme returns the scheme of the URL.
func (g *Gateway) scheme() string {
	if g.cfg.TLS != nil {
		return "wss"
	}
	return "ws"
}

// url returns the URL of the gateway.
func (g *Gateway) url(addr net.Addr) string {
	host := addr.String()
	if h, port, err := net.SplitHostPort(host); err == nil && net.ParseIP(h).IsUnspecified() {
		host = net.JoinHostPort("localhost", port)
	}
	return g.scheme() + "://" + host + "/" + g.cfg.APIGatewayStage + "/"
}

// isClosed reports that a server was shut down.
func isClosed(err error) bool { return errors.Is(err, http.ErrServerClosed) }

// routes returns the keys of the routes, for the banner.
func (g *Gateway) routes() string {
	return strings.Join(tyg.Describe(g.gateway.Handler).Keys(), " ")
}

// Check checks the rest of the configuration, and closes g.
func (g *Gateway) Check() error {
	defer g.Close()
	_, err := g.cfg.tlsConfig(g.log)
	return errors.Join(err, g.gateway.Start())
}
