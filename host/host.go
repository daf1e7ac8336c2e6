//go:build !tyg.lambda

package host

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/certfile"
	"github.com/tyg-dev/tyg/internal/logqueue"
	"github.com/tyg-dev/tyg/internal/pages"
	"github.com/tyg-dev/tyg/internal/stopsignal"
)

func runHere(app *tyg.App) error { return runWith(app, onNATS()) }

// runWith is runHere in a program that was built with this client of NATS.
func runWith(app *tyg.App, client natsClient) error {
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
	ctx, stop := stopsignal.Context(context.Background())
	defer stop()
	if os.Getenv(natsVariable) == "" {
		return Serve(ctx, app, cfg)
	}
	if cfg.Join, err = client.join(os.Getenv); err != nil {
		return err
	}
	values := &storedValues{open: func(ctx context.Context) (valueStore, error) {
		return client.open(ctx, os.Getenv)
	}}
	cfg.Values = values
	return errors.Join(Serve(ctx, app, cfg), values.Close())
}

// Serve serves an application as cfg says until ctx ends, and then drains. It returns nil after a
// clean end.
func Serve(ctx context.Context, app *tyg.App, cfg Config) error {
	cfg = cfg.withDefaults()
	cfg.Name = cmp.Or(cfg.Name, app.Name())
	if cfg.Listener != nil {
		defer cfg.Listener.Close()
	}
	if err := cfg.check(); err != nil {
		return err
	}
	if files := app.Describe().Pages; files != nil && cfg.HTTP == nil {
		cfg.HTTP = pages.Handler(files)
	}
	secure, err := certificate(cfg)
	if err != nil {
		return err
	}
	inspector, err := openInspector(cfg)
	if err != nil {
		return err
	}
	defer inspector.close()
	srv := &gateway.Server{
		TLS:     secure,
		Handler: app,
		Values:  cfg.Values,
		HTTP:    cfg.HTTP,
		Home:    inspector.homeOf(cfg),
		Stage:   cfg.Stage,
		Origins: cfg.Origins,
		Hosts:   cfg.Hosts,
		Limits:  cfg.Profile.Limits,
		Logger:  cfg.Logger,

		DrainWindow: cfg.DrainWindow,

		TimeScale:  cfg.TimeScale,
		Extensions: cfg.Profile.Extensions,
		Secrets:    cfg.Secrets,
		AccessLog:  cfg.AccessLog,

		NoCompression: cfg.Profile.NoCompression,
	}
	l, err := listen(cfg)
	if err != nil {
		return err
	}
	ops, err := openOperator(srv, cfg)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer ops.close()
	m, err := join(ctx, srv, l, cfg)
	if err == nil {
		err = srv.Start()
	}
	if err != nil {
		return errors.Join(err, l.Close(), leave(m, cfg.Drain))
	}
	ops.setStarted(m)
	if file, ok := m.(*fileMember); ok {
		file.begin(ctx, srv)
	}
	ops.setReady(true) // clients that come now wait for Serve
	if cfg.Out != nil {
		fmt.Fprintf(cfg.Out, "Serving %s on %s\n", cfg.Name, address(l.Addr(), cfg))
		if app.Describe().Pages != nil {
			fmt.Fprintf(cfg.Out, "Open %s in a browser\n", pageAddress(l.Addr(), cfg))
		}
		if names := app.Describe().Triggers; len(names) > 0 {
			fmt.Fprintf(cfg.Out, "Nothing calls the triggers %s here; \"tyg local\" and Lambda do\n",
				strings.Join(names, ", "))
		}
		if len(cfg.Profile.Differences()) > 0 {
			fmt.Fprintf(cfg.Out, "This gateway %s\n", cfg.Profile)
		}
	}
	inspector.serve(srv, address(l.Addr(), cfg), cfg)
	return errors.Join(serve(ctx, l, srv, m, ops, cfg), leave(m, cfg.Drain))
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
	return fmt.Sprintf("%s://%s/%s/", schemeOf("ws", cfg), hostPort(addr), cfg.Stage)
}

// pageAddress is the URL of the application's pages.
func pageAddress(addr net.Addr, cfg Config) string {
	return fmt.Sprintf("%s://%s/", schemeOf("http", cfg), hostPort(addr))
}

func schemeOf(plain string, cfg Config) string {
	if cfg.secure() {
		return plain + "s"
	}
	return plain
}

func hostPort(addr net.Addr) string {
	host := addr.String()
	if h, port, err := net.SplitHostPort(host); err == nil && net.ParseIP(h).IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return host
}

// serve runs the gateway until ctx ends or it fails, and then drains.
func serve(
	ctx context.Context, l net.Listener, srv *gateway.Server, m Member, ops *operator, cfg Config,
) error {
	failed := make(chan error, 1) // serve ends it, by Shutdown, and waits for it
	go func() { failed <- srv.Serve(l) }()
	defer ops.setReady(false)
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve on %s: %w", l.Addr(), err), drain(srv, cfg.Drain))
	case <-asked(m):
		cmp.Or(cfg.Logger, slog.Default()).Info("another program of the cluster asks to drain")
	case <-ctx.Done():
	}
	ops.setReady(false)
	if m != nil {
		m.Drain()
	}
	time.Sleep(cfg.DrainDelay) // a second signal ends the process
	err := drain(srv, cfg.Drain)
	<-failed
	return err
}

// certificate returns what TLS is spoken with, nil if it is not.
func certificate(cfg Config) (*tls.Config, error) {
	if !cfg.secure() {
		return nil, nil
	}
	log := slog.New(logqueue.NewHandler(cmp.Or(cfg.Logger, slog.Default()).Handler(),
		new(logqueue.Queue))) // a handshake may be what loads a new certificate
	cert, err := certfile.Load(cfg.CertFile, cfg.KeyFile, log)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	return &tls.Config{GetCertificate: cert.Get}, nil
}

func drain(srv *gateway.Server, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return srv.Shutdown(ctx)
}
