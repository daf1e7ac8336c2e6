//go:build !tyg.lambda

package host_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/natsd"
)

// ask returns the status and the text of a path of the admin listener.
func ask(t *testing.T, admin, path string) (int, string) {
	t.Helper()
	res, err := http.Get(admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// adminOf starts a process with an admin listener, and returns its address.
func adminOf(t *testing.T, p *process) string {
	t.Helper()
	p.Env = append(p.Env, "TYG_ADMIN_ADDR=127.0.0.1:0")
	p.start(t)
	line, err := p.out.ReadString('\n')
	admin, ok := strings.CutPrefix(strings.TrimSpace(line), "admin on ")
	if err != nil || !ok {
		t.Fatalf("line %q, %v: %s", line, err, p.stderr.String())
	}
	return admin
}

// TestHealthAndMetrics asks a program that serves, and while it drains.
func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	p := run(t, "main", "-drain-delay", "5m", "-disconnects", "at-least-once", "-disconnects-file",
		filepath.Join(t.TempDir(), "file"))
	p.Env = append(p.Env, "TYG_NATS_URL=")
	admin := adminOf(t, p)
	c := dial(t, p.url(t), nil)
	wantEcho(t, c)
	for _, path := range []string{"livez", "readyz"} {
		if status, body := ask(t, admin, path); status != http.StatusOK || body != "ok\n" {
			t.Errorf("/%s: %d %q", path, status, body)
		}
	}
	_, metrics := ask(t, admin, "metrics")
	for _, want := range []string{
		"tyg_ready 1", "tyg_connections 1", `tyg_messages_total{direction="received"} 1`,
		`IntegrationLatency_count{ApiId="local",Route="$default",Stage="api"} 1`,
		"tyg_disconnects_file_failed 0",
	} {
		if !strings.Contains(metrics, "\n"+want+"\n") {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		status, body := ask(t, admin, "readyz")
		if status == http.StatusServiceUnavailable && body == "not ready\n" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("while it drains, /readyz says %d %q", status, body)
		}
	}
	wantEcho(t, c) // load balancers have time to notice
}

// Without an address there is no listener.
func TestAdminIsOffByDefault(t *testing.T) {
	t.Parallel()
	p := run(t, "main")
	p.start(t)
	p.url(t) // the first line
}

func TestAdminAddressInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := run(t, "main", "-admin-addr", l.Addr().String())
	p.start(t)
	p.wantExit(t, 1)
	if !strings.Contains(p.stderr.String(), "choose another address with -admin-addr") {
		t.Errorf("it says %q", p.stderr.String())
	}
}

// A process in a cluster has the metrics of its node, and is not ready before it has joined.
func TestMetricsOfACluster(t *testing.T) {
	t.Parallel()
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	p := run(t, "with NATS")
	p.Env = append(p.Env, "TYG_NATS_URL="+server.URL(), "TYG_NATS_BUCKET=metrics")
	admin := adminOf(t, p)
	status, body := ask(t, admin, "readyz") // perhaps before it has joined
	if status != http.StatusOK && (status != http.StatusServiceUnavailable || body != "not ready\n") {
		t.Errorf("/readyz says %d %q", status, body)
	}
	p.url(t)
	if status, body := ask(t, admin, "readyz"); status != http.StatusOK {
		t.Error(errors.New(body))
	}
	_, metrics := ask(t, admin, "metrics")
	for _, want := range []string{
		"\ntyg_cluster_connected 1\n", "\ntyg_cluster_nodes{state=\"alive\"} 1\n",
		"\ntyg_cluster_bus_messages_total{direction=\"received\"} ",
		"\ntyg_cluster_registry_contact_seconds 0.",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q:\n%s", want, metrics)
		}
	}
}
