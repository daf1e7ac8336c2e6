//go:build !tyg.lambda

package host

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
)

// An operator is the listener with health and metrics, for those who operate the program. A nil
// operator is none.
type operator struct {
	admin    *admin.Admin
	listener net.Listener
	started  atomic.Bool            // the gateway has, and may be asked
	member   atomic.Pointer[Member] // nil: none, or not yet
	web      *http.Server
	done     chan struct{}
}

// openOperator serves the health and the metrics of srv, which has not started, if cfg asks for
// that. /readyz says no until setReady.
func openOperator(srv *gateway.Server, cfg Config) (*operator, error) {
	if cfg.AdminAddr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", cfg.AdminAddr)
	if err != nil {
		return nil, fmt.Errorf("admin: listen on %s: %w; choose another address with -admin-addr or "+
			"TYG_ADMIN_ADDR", cfg.AdminAddr, err)
	}
	o := &operator{listener: l, done: make(chan struct{})}
	o.admin = admin.New(admin.Config{
		APIID: "local", Stage: cfg.Stage, Hosts: cfg.Hosts,
		Gateway: func() (s gateway.Stats) {
			if o.started.Load() {
				s = srv.Stats()
			}
			return s
		},
		Ready: o.ready, Metrics: []func() []admin.Metric{o.memberMetrics},
	})
	srv.Trace = o.admin.Trace()
	log := cfg.Logger
	if log == nil {
		log = slog.Default()
	}
	o.web = &http.Server{
		Handler: o.admin, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() { // close ends it and waits
		defer close(o.done)
		if err := o.web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the admin listener has ended", "err", err)
		}
	}()
	if cfg.Out != nil {
		fmt.Fprintf(cfg.Out, "admin on http://%s/\n", l.Addr())
	}
	return o, nil
}

// setStarted has the metrics of the gateway shown, and the health and those of m, which may be nil.
func (o *operator) setStarted(m Member) {
	if o == nil {
		return
	}
	o.started.Store(true)
	if m != nil {
		o.member.Store(&m)
	}
}

func (o *operator) setReady(ready bool) {
	if o != nil {
		o.admin.SetReady(ready)
	}
}

// ready returns why clients must not connect, if the member knows that.
func (o *operator) ready() error {
	if m := o.member.Load(); m != nil {
		if r, ok := (*m).(interface{ Ready() error }); ok {
			return r.Ready()
		}
	}
	return nil
}

func (o *operator) memberMetrics() []admin.Metric {
	if m := o.member.Load(); m != nil {
		if r, ok := (*m).(interface{ Metrics() []admin.Metric }); ok {
			return r.Metrics()
		}
	}
	return nil
}

// close ends the listener.
func (o *operator) close() {
	if o == nil {
		return
	}
	_ = o.web.Close() // requests under way have no use any more
	<-o.done
}
