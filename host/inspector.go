//go:build !tyg.lambda

package host

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/home"
	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/inspect"
)

// An inspector serves the page that shows what the gateway does, on a listener of its own. A nil
// inspector is none.
type inspector struct {
	listener net.Listener
	token    string
	local    bool // only this machine reaches it

	inspect *inspect.Inspector
	web     *http.Server
	done    chan struct{}
	restore func() // the loggers of the program
}

// openInspector listens for an inspector, if cfg asks for one.
func openInspector(cfg Config) (*inspector, error) {
	if cfg.Inspect == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", cfg.Inspect)
	if err != nil {
		return nil, fmt.Errorf("inspector: listen on %s: %w; choose another address with -inspect or "+
			"TYG_INSPECT", cfg.Inspect, err)
	}
	i := &inspector{listener: l, token: cfg.InspectToken, local: hosts.IsLoopback(cfg.Inspect)}
	if i.token == "" {
		i.token = inspect.NewToken()
	}
	return i, nil
}

// checkInspect reports an inspector that would be open to others.
func (c Config) checkInspect() error {
	if c.Inspect == "" {
		return nil
	}
	if c.InspectToken == "" {
		if !hosts.IsLoopback(c.Inspect) {
			return fmt.Errorf("inspect %q: other machines reach that address; set TYG_INSPECT_TOKEN, or "+
				"use 127.0.0.1", c.Inspect)
		}
		return nil
	}
	if err := inspect.CheckToken(c.InspectToken); err != nil {
		return fmt.Errorf("TYG_INSPECT_TOKEN: %w", err)
	}
	return nil
}

// page returns the URL of the inspector without its token, "" if there is none.
func (i *inspector) page() string {
	if i == nil {
		return ""
	}
	return "http://" + hostPort(i.listener.Addr()) + "/"
}

// homeOf returns the page for browsers at "/".
func (i *inspector) homeOf(cfg Config) http.Handler {
	return home.Page{Name: cfg.Name, Stage: cfg.Stage, Inspector: i.page()}
}

// serve serves the inspector of a gateway at url until close.
func (i *inspector) serve(srv *gateway.Server, url string, cfg Config) {
	if i == nil {
		return
	}
	i.inspect = inspect.New(inspect.Config{
		Gateway: srv, Name: cfg.Name, URL: url, Stage: cfg.Stage, Token: i.token, Local: i.local,
	})
	i.restore = i.inspect.CaptureLogs()
	log := cfg.Logger
	if log == nil {
		log = slog.Default()
	}
	i.web = &http.Server{
		Handler: i.inspect, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 35 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	i.done = make(chan struct{})
	go func() { // close ends it and waits
		defer close(i.done)
		if err := i.web.Serve(i.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the inspector has ended", "err", err)
		}
	}()
	if cfg.Out != nil {
		fmt.Fprintf(cfg.Out, "Inspect %s%s\n", i.page(), i.fragment(cfg))
	}
}

// fragment is the token for the URL, unless it is the user's own, which need not be printed.
func (i *inspector) fragment(cfg Config) string {
	if cfg.InspectToken != "" {
		return " with your token"
	}
	return "#" + i.token
}

// close ends the inspector.
func (i *inspector) close() {
	if i == nil {
		return
	}
	_ = i.listener.Close()
	if i.inspect == nil {
		return
	}
	i.restore()
	i.inspect.Close()
	_ = i.web.Close()
	<-i.done
}
