package selfhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/webserver"
	"github.com/tyg-dev/tyg/internal/functions/invokeapi"
	"github.com/tyg-dev/tyg/internal/stopsignal"
	"github.com/tyg-dev/tyg/internal/visible"
)

// Run serves until ctx ends, and then drains. It returns nil after a clean shutdown. The functions
// start before clients can connect.
func (g *Gateway) Run(ctx context.Context) error {
	defer g.Close()
	defer g.endFunctions()
	t, err := g.cfg.tlsConfig(g.log)
	if err != nil {
		return err
	}
	l, err := listen("addr", g.cfg.Addr)
	if err != nil {
		return err
	}
	defer l.Close()
	g.openInspector(l.Addr())
	if err := g.openFile(); err != nil {
		return err
	}
	failed := make(chan error, 6) // of each server, so that none blocks
	webs, err := g.sideServers(listen, failed)
	defer closeAll(webs)
	if err != nil {
		return err
	}
	if err := g.join(ctx); err != nil { // not before the listeners: it may wait for other nodes
		return err
	}
	if err := g.gateway.Start(); err != nil {
		return err
	}
	g.running.Store(true)
	if err := g.openNATS(ctx, failed); err != nil {
		return err
	}
	if err := g.host.Deploy(ctx, g.set.Functions...); err != nil {
		return err
	}
	url := g.url(l.Addr())
	go func() { failed <- g.gateway.Serve(g.local) }() // drain ends both
	if g.file != nil {                                 // functions run, and reach the gateway
		g.file.Begin(ctx, g.gateway)
	}
	go func() { failed <- g.gateway.ServeTLS(l, t) }()
	g.admin.SetReady(true)
	fmt.Fprintf(g.out, "Serving %s\nRoutes: %s\n", g.served(url), g.routes())
	if p := g.cfg.Profile; len(p.Differences()) > 0 {
		fmt.Fprintf(g.out, "This gateway %s\n", p)
	}
	select {
	case <-ctx.Done():
		err = nil
	case <-g.stopped:
		err = nil
	case err = <-failed:
	case err = <-g.nodeFailed():
	}
	return errors.Join(err, g.drain())
}

// served says what is served where.
func (g *Gateway) served(url string) string {
	if g.cfg.Name == "" {
		return "on " + url
	}
	return visible.Line(g.cfg.Name) + " on " + url
}

// sideServers starts the listeners beside that of the clients, with listen.
func (g *Gateway) sideServers(
	listen func(what, addr string) (net.Listener, error), failed chan<- error,
) (webs []*http.Server, err error) {
	serve := func(what string, l net.Listener, h http.Handler) {
		web := webserver.New(h, g.log)
		webs = append(webs, web)
		go func() { // Run closes web
			if err := web.Serve(l); !isClosed(err) {
				failed <- fmt.Errorf("%s: %w", what, err)
			}
		}()
	}
	start := func(what, addr string, h http.Handler) error {
		l, err := listen(what, addr)
		if err != nil {
			return err
		}
		fmt.Fprintf(g.out, "%s on http://%s/\n", what, l.Addr())
		serve(what, l, h)
		return nil
	}
	api := &invokeapi.Handler{Host: g.host, Secrets: g.gateway.Secrets, Logger: g.log}
	serve("invoke", g.invoke, api)
	if !project.On(g.cfg.Admin.Off) {
		if err := start("admin", g.cfg.Admin.Addr, g.adminHandler()); err != nil {
			return webs, err
		}
	}
	if g.cfg.InvokeAddr != "" {
		if err := start("invoke_addr", g.cfg.InvokeAddr, api); err != nil {
			return webs, err
		}
	}
	return webs, nil
}

func closeAll(webs []*http.Server) {
	for _, w := range webs {
		_ = w.Close() // calls under way have no use any more
	}
}

// drain ends the service: /readyz fails, and load balancers have DrainDelay to react; then
// connections are closed, while handlers may finish; then the functions end. A signal meanwhile
// cuts it short.
func (g *Gateway) drain() error {
	ctx, stop := stopsignal.Cut(context.Background())
	defer stop()
	if g.inspect != nil {
		defer g.inspect.Close() // when the last connection has ended
	}
	g.admin.SetReady(false)
	if m := g.node(); m != nil {
		m.Drain()
	}
	g.log.Info("draining", "connections", g.gateway.Stats().Connections)
	select {
	case <-time.After(span(g.cfg.DrainDelay)):
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(ctx, span(g.cfg.Drain))
	defer cancel()
	return errors.Join(g.gateway.Shutdown(ctx), g.leave(ctx), g.host.Shutdown(ctx))
}

// endFunctions ends the functions that drain has left.
func (g *Gateway) endFunctions() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = g.host.Shutdown(ctx) // the error only says that they were cut off
}
