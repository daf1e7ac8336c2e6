package main

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/gateway"
)

// runConformance checks a gateway with the probe, as the command line does.
func runConformance(
	t *testing.T, srv *gateway.Server, environ map[string]string, args ...string,
) (status int, stdout, stderr string) {
	t.Helper()
	srv.Handler = probelib.New()
	web := httptest.NewServer(srv)
	defer web.Close()
	defer func() {
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}()
	var out, err bytes.Buffer
	e := &cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err,
		Getenv: func(name string) string { return environ[name] },
	}
	status = run(t.Context(), append([]string{"conformance", "--url", web.URL + "/api"}, args...), e)
	return status, out.String(), err.String()
}

func TestConformanceReportsFailedCases(t *testing.T) {
	srv := &gateway.Server{NoCompression: true}
	status, stdout, stderr := runConformance(t, srv, nil, "--filter", "extension/")
	if status != cli.ExitFailure {
		t.Errorf("exit status %d, want %d", status, cli.ExitFailure)
	}
	if want := "FAIL  extension/offered "; !strings.Contains(stdout, want) {
		t.Errorf("no %q in\n%s", want, stdout)
	}
	if want := "tyg: 5 of 12 judged cases failed\n"; stderr != want {
		t.Errorf("standard error is %q, want %q", stderr, want)
	}
}

func TestConformanceSignsWithCredentials(t *testing.T) {
	srv := func() *gateway.Server {
		return &gateway.Server{Secrets: map[string]string{"AKID": "secret"}}
	}
	environ := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
	status, stdout, stderr := runConformance(t, srv(), environ, "--filter", "forged/")
	if want := "17 cases: 17 passed"; status != cli.ExitOK || !strings.Contains(stdout, want) {
		t.Errorf("exit status %d, no %q in\n%s%s", status, want, stdout, stderr)
	}
	status, stdout, _ = runConformance(t, srv(), nil, "--filter", "forged/")
	if want := "17 not run"; status != cli.ExitFailure || !strings.Contains(stdout, want) {
		t.Errorf("without credentials: exit status %d, no %q in\n%s", status, want, stdout)
	}
}
