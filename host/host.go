package host

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// Run serves an application as the command line and the environment say, until the process gets
// SIGINT or SIGTERM. It then drains: no new connections, a close frame to every client, time for
// handlers to finish. A second signal ends the process at once.
//
// Run returns nil after a clean end, also when the command line asked for help, and else an error
// that is fit to be printed as it is.
func Run(app *tyg.App) error {
	var args []string
	if !flag.Parsed() {
		args = os.Args[1:]
	}
	cfg, err := parse(app.Name(), args, os.Getenv, os.Stdout)
	if help, ok := errors.AsType[*Help](err); ok {
		fmt.Print(help.Text)
		return nil
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal finds nobody who waits for it
	return Serve(ctx, app, cfg)
}

// Serve serves an application as cfg says until ctx ends, and then drains. It returns nil after a
// clean end.
func Serve(ctx context.Context, app *tyg.App, cfg Config) error {
	cfg = cfg.withDefaults()
	if cfg.Listener != nil {
		defer cfg.Listener.Close()
	}
	if err := cfg.check(); err != nil {
		return err
	}
	srv := &gateway.Server{
		Handler: app,
		Stage:   cfg.Stage,
		Origins: cfg.Origins,
		Limits:  cfg.Limits,
		Logger:  cfg.Logger,

		TimeScale:  cfg.TimeScale,
		Extensions: cfg.Extensions,
		Secrets:    cfg.Secrets,
		AccessLog:  cfg.AccessLog,
	}
	if err := srv.Start(); err != nil {
		return err
	}
	l, err := listen(cfg)
	if err != nil {
		return err
	}
	if cfg.Out != nil {
		fmt.Fprintf(cfg.Out, "Serving %s on %s\n", app.Name(), address(l.Addr(), cfg))
	}
	return serve(ctx, l, srv, cfg)
}

func listen(cfg Config) (net.Listener, error) {
	if cfg.Listener != nil {
		return cfg.Listener, nil
	}
	l, err := net.Listen("tcp", cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; "+
			"choose another address with -addr or TYG_ADDR, or port 0 for any", cfg.Addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", cfg.Addr, err)
	}
	return l, nil
}

// address is the URL by which clients on this machine reach the application.
func address(addr net.Addr, cfg Config) string {
	scheme := "ws"
	if cfg.secure() {
		scheme = "wss"
	}
	host := addr.String()
	if h, port, err := net.SplitHostPort(host); err == nil && net.ParseIP(h).IsUnspecified() {
		host = net.JoinHostPort("localhost", port)
	}
	return fmt.Sprintf("%s://%s/%s/", scheme, host, cfg.Stage)
}

// serve runs the HTTP server until ctx ends or the server fails, and then drains.
func serve(ctx context.Context, l net.Listener, srv *gateway.Server, cfg Config) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // a WebSocket begins as HTTP/1.1
	web := &http.Server{
		Handler:           srv,
		Protocols:         protocols,
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    16 << 10,
		IdleTimeout:       time.Minute,
	}
	failed := make(chan error, 1) // serve ends it, by Shutdown, and waits for it
	go func() {
		if cfg.secure() {
			failed <- web.ServeTLS(l, cfg.CertFile, cfg.KeyFile)
		} else {
			failed <- web.Serve(l)
		}
	}()
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve on %s: %w", l.Addr(), err), drain(srv, web, cfg.Drain))
	case <-ctx.Done():
	}
	err := drain(srv, web, cfg.Drain)
	<-failed
	return err
}

// drain stops the gateway, then the HTTP server in front of it.
func drain(srv *gateway.Server, web *http.Server, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	err := srv.Shutdown(ctx)
	if e := web.Shutdown(ctx); e != nil && !strings.Contains(e.Error(), "context") {
		err = errors.Join(err, e)
	}
	return err
}
