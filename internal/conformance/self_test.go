package conformance_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/conformance"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/wstest"
)

const timeScale = 600

var quiet = slog.New(slog.DiscardHandler)

// serve serves a probe until the test ends, and returns where.
func serve(t *testing.T, s *gateway.Server, h http.Handler) conformance.Endpoint {
	t.Helper()
	web := listen(t, s, h)
	web.Listener = gateway.KeepHeaderNames(web.Config, web.Listener)
	web.Start()
	return endpoint(web)
}

// endpoint is where a server serves a probe.
func endpoint(web *httptest.Server) conformance.Endpoint {
	return conformance.Endpoint{URL: strings.Replace(web.URL, "http", "ws", 1) + "/api"}
}

// listen makes a server for h, which leads to s. When the test ends both stop.
func listen(t *testing.T, s *gateway.Server, h http.Handler) *httptest.Server {
	t.Helper()
	s.Logger = quiet
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(h)
	web.Config.ErrorLog = slog.NewLogLogger(quiet.Handler(), slog.LevelError)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		web.Close()
	})
	return web
}

// secrets are what a gateway verifies the credentials with.
func secrets() map[string]string {
	return map[string]string{credentials().AccessKeyID: credentials().SecretAccessKey}
}

func credentials() conformance.Credentials {
	return conformance.Credentials{
		AccessKeyID:     "AKIDCONFORMANCE",
		SecretAccessKey: "a secret of the tests",
	}
}

// TestTargets runs all cases against the gateway, over each way to a socket, and against the
// program examples/probe.
func TestTargets(t *testing.T) {
	t.Parallel() // it mostly waits
	program := buildProbe(t)
	targets := map[string]conformance.Target{
		"raw":      plain(t, false),
		"portable": plain(t, true),
		"TLS":      secure(t),
		"program":  startProbes(t, program),
	}
	timed := sampletest.InPart(t, t.Name(), 4) // two hours pass in twelve seconds
	if !timed {
		for name, target := range targets {
			target.Timed, target.TimeScale = conformance.Endpoint{}, 1
			targets[name] = target
		}
	}
	for name, report := range runAll(t, targets) {
		t.Run(name, func(t *testing.T) { expectPass(t, report, timed) })
	}
}

// servers are the probe as it is, bare, and with time limits that pass faster.
func servers(portable bool) (probe, bare, timed *gateway.Server) {
	server := func(app *tyg.App, scale float64) *gateway.Server {
		return &gateway.Server{
			Handler: app, Portable: portable, TimeScale: scale, Secrets: secrets(),
			StageVariables: map[string]string{"name": "value"},
		}
	}
	return server(probelib.New(), 1), server(probelib.NewBare(), 1), server(probelib.New(), timeScale)
}

// plain serves the probe without TLS.
func plain(t *testing.T, portable bool) conformance.Target {
	probe, bare, timed := servers(portable)
	return conformance.Target{
		Endpoint: serve(t, probe, probe), Bare: serve(t, bare, bare).URL, Timed: serve(t, timed, timed),
		TimeScale: timeScale, Credentials: credentials(),
	}
}

// secure serves the probe with TLS.
func secure(t *testing.T) conformance.Target {
	target := conformance.Target{TimeScale: timeScale, Credentials: credentials()}
	certified := httptest.NewUnstartedServer(nil) // for its certificate
	wstest.StartTLS(t, certified)
	defer certified.Close()
	target.TLS = certified.Client().Transport.(*http.Transport).TLSClientConfig
	probe, bare, timed := servers(false)
	for s, to := range map[*gateway.Server]*string{
		probe: &target.URL, bare: &target.Bare, timed: &target.Timed.URL,
	} {
		web := listen(t, s, s)
		web.Listener = gateway.KeepHeaderNames(web.Config, tls.NewListener(web.Listener, &tls.Config{
			Certificates: certified.TLS.Certificates, NextProtos: []string{"http/1.1"},
		}))
		web.Start()
		*to = strings.Replace(endpoint(web).URL, "ws", "wss", 1)
	}
	return target
}

// runAll runs all cases against several targets, some at the same time: runs mostly wait.
func runAll(t *testing.T, targets map[string]conformance.Target) map[string]*conformance.Report {
	t.Helper()
	reports := make(map[string]*conformance.Report)
	var (
		mu      sync.Mutex // guards reports
		running sync.WaitGroup
		slots   = make(chan struct{}, 40)
	)
	for name, target := range targets {
		running.Go(func() { // ends with the run
			slots <- struct{}{}
			defer func() { <-slots }()
			report, err := conformance.Run(t.Context(), target, "")
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			reports[name] = report
		})
	}
	running.Wait()
	return reports
}

// expectPass fails for each case that has failed, and if too few were run. Unless the run was
// timed, those that take time at API Gateway are not run.
func expectPass(t *testing.T, report *conformance.Report, timed bool) {
	t.Helper()
	waiting := 0
	for _, r := range report.Results {
		if r.Slow > 0 && !timed {
			waiting++
		}
		if r.Outcome == conformance.Failed {
			t.Errorf("%s: %s", r.ID, r.Detail)
		}
	}
	if !report.OK() {
		t.Error("the report says that it is not OK")
	}
	if n := report.Count(conformance.NotRun); n != waiting {
		t.Errorf("%d cases were not run, want %d", n, waiting)
	}
	if n := report.Count(conformance.Passed); n < 300 {
		t.Errorf("only %d cases have passed, want at least 300", n)
	}
}
