//go:build unix

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A gatewayProcess is tyg gateway at work.
type gatewayProcess struct {
	*running
	url, admin string
}

// startGateway runs tyg gateway with a configuration that lacks addresses, in dir.
func startGateway(t *testing.T, dir string, cfg map[string]any) *gatewayProcess {
	t.Helper()
	cfg["addr"], cfg["admin"] = "127.0.0.1:0", map[string]any{"addr": "127.0.0.1:0"}
	data, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "gateway.json")
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	g := &gatewayProcess{running: startTyg(t, "gateway", "--config", file)}
	g.admin = regexp.MustCompile(`http://\S*`).FindString(g.line())
	g.url = regexp.MustCompile(`wss?://\S*`).FindString(g.line())
	if g.admin == "" || g.url == "" {
		t.Fatalf("the addresses are %q and %q", g.admin, g.url)
	}
	return g
}

// get asks the admin listener.
func (g *gatewayProcess) get(path string) (status int, body string) {
	g.t.Helper()
	resp, err := http.Get(g.admin + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Error(err)
	}
	return resp.StatusCode, string(data)
}

// copyScripts copies the functions of package functions into a new directory.
func copyScripts(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"echo.py", "echo.mjs"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "internal", "functions", "testdata", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Functions in two languages share a gateway; one of them lets clients in.
func TestGatewayServesScripts(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	for _, name := range []string{"python3", "node"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("functions in two languages were not run: %v", err)
		}
	}
	g := startGateway(t, copyScripts(t), map[string]any{
		"functions": map[string]any{
			"python": map[string]any{"command": []string{"python3", "echo.py"}},
		},
		"routes": map[string]any{
			"$connect":    map[string]any{"function": "python"},
			"$disconnect": map[string]any{"function": "python"},
			"$default":    map[string]any{"function": "python", "response": true},
			"post":        map[string]any{"function": "python"},
			"node":        map[string]any{"command": []string{"node", "echo.mjs"}, "response": true},
		},
	})
	_, _, err := wsclient.Dial(t.Context(), g.url, nil)
	if no, ok := errors.AsType[*wsclient.RefusedError](err); !ok || no.Status != http.StatusForbidden {
		t.Errorf("without a token: %v", err)
	}
	c := dial(t, g.url+"?token=t")
	for _, test := range []struct{ says, want string }{
		{"hi", "python: hi"},
		{`{"action":"node"}`, `node: {"action":"node"}`},
		{`{"action":"post","text":"by way of @connections"}`, "by way of @connections"},
		{"crash", `{"message": "Internal server error", "connectionId":"`},
		{"hi", "python: hi"},
	} {
		send(t, c, test.says)
		if got := receive(t, c); !strings.HasPrefix(got, test.want) {
			t.Errorf("to %q the answer is %q, want %q", test.says, got, test.want)
		}
	}
	_, metrics := g.get("metrics")
	for _, want := range []string{
		`ConnectCount{ApiId="local",Stage="api"} 2`,
		`ClientError{ApiId="local",Stage="api"} 1`,
		`ExecutionError{ApiId="local",Route="$default",Stage="api"} 1`,
		`IntegrationLatency_count{ApiId="local",Route="node",Stage="api"} 1`,
		`tyg_connections 1`,
		`tyg_function_starts_total{function="python"} 2`,
	} {
		if !strings.Contains(metrics, "\n"+want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// URLs and functions that another gateway invokes are integrations like any other.
func TestGatewayServesURLs(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"statusCode":200,"body":"from a URL"}`)
	}))
	defer service.Close()
	lambda := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/functions/") || r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"statusCode":200,"body":"from AWS"}`)
	}))
	defer lambda.Close()
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", lambda.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	g := startGateway(t, t.TempDir(), map[string]any{"routes": map[string]any{
		"$default": map[string]any{"url": service.URL, "response": true},
		"aws": map[string]any{
			"arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "response": true,
		},
	}})
	c := dial(t, g.url)
	send(t, c, "hi")
	if got := receive(t, c); got != "from a URL" {
		t.Errorf("the URL answers %q", got)
	}
	send(t, c, `{"action":"aws"}`)
	if got := receive(t, c); got != "from AWS" {
		t.Errorf("the function on AWS answers %q", got)
	}
}

// At SIGTERM the gateway says that it is not ready, and clients are sent away; a handler that is at
// work may finish.
func TestGatewayDrains(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, `{"statusCode":200,"body":"done"}`)
	}))
	defer service.Close()
	g := startGateway(t, t.TempDir(), map[string]any{
		"drain_delay": "200ms",
		"routes":      map[string]any{"$default": map[string]any{"url": service.URL, "response": true}},
	})
	for path, want := range map[string]string{"livez": "ok\n", "readyz": "ok\n"} {
		if status, body := g.get(path); status != http.StatusOK || body != want {
			t.Errorf("/%s says %d %q", path, status, body)
		}
	}
	idle, busy := dial(t, g.url), dial(t, g.url)
	send(t, busy, "hi")
	<-begun
	g.signal(syscall.SIGTERM)
	for deadline := time.Now().Add(patience); ; {
		if status, _ := g.get("readyz"); status == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the gateway goes on being ready")
		}
	}
	wantRestart(t, idle)
	close(finish)
	wantRestart(t, busy)
	g.exits(0)
}

func wantRestart(t *testing.T, c *wsclient.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, _, err := c.Read(ctx)
		if closed, ok := errors.AsType[*ws.CloseError](err); ok && closed.Code == ws.CloseServiceRestart {
			return
		}
		if err != nil {
			t.Errorf("the client sees %v", err)
			return
		}
	}
}

// A certificate that is replaced is used by the next client, and the connections stay.
func TestGatewayReloadsCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pool := x509.NewCertPool()
	writeCertificate(t, dir, 1, pool)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"statusCode":200,"body":"hi"}`)
	}))
	defer service.Close()
	g := startGateway(t, dir, map[string]any{
		"tls":    map[string]any{"cert_file": "cert.pem", "key_file": "key.pem"},
		"routes": map[string]any{"$default": map[string]any{"url": service.URL, "response": true}},
	})
	if !strings.HasPrefix(g.url, "wss://") {
		t.Errorf("the URL is %s", g.url)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(g.url, "wss://"), "/api/")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := wsclient.Dial(ctx, g.url, &wsclient.Options{TLS: &tls.Config{RootCAs: pool}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if n := serial(t, address, pool); n != 1 {
		t.Errorf("the first certificate is %d", n)
	}
	writeCertificate(t, dir, 2, pool)
	for deadline := time.Now().Add(patience); serial(t, address, pool) != 2; {
		if time.Now().After(deadline) {
			t.Fatal("the new certificate is not used")
		}
		time.Sleep(10 * time.Millisecond)
	}
	send(t, c, "still there?")
	if got := receive(t, c); got != "hi" {
		t.Errorf("the old connection answers %q", got)
	}
}

// serial returns the number of the certificate that a client gets.
func serial(t *testing.T, address string, pool *x509.CertPool) int64 {
	t.Helper()
	c, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// writeCertificate replaces cert.pem and key.pem in dir by a certificate that pool trusts from now
// on.
func writeCertificate(t *testing.T, dir string, serial int64, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
}
