//go:build !tyg.lambda

package docs_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/browsertest"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// freeAddr returns an address that was free a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startProxy starts a proxy that ends with the test. It skips the test without TYG_TEST_PROXIES,
// which is for machines that have nginx and caddy.
func startProxy(t *testing.T, name string, args ...string) {
	t.Helper()
	if os.Getenv("TYG_TEST_PROXIES") == "" {
		t.Skipf("%s was not run: TYG_TEST_PROXIES is not set", name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stderr = t.TempDir(), os.Stderr
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "XDG_DATA_HOME="+cmd.Dir,
		"XDG_CONFIG_HOME="+cmd.Dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// talksThrough checks that a page of the proxy's origin gets an echo through it.
func talksThrough(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	page := &wsclient.Options{Header: http.Header{"Origin": {"http://" + addr}}}
	c, _, err := wsclient.Dial(ctx, "ws://"+addr+"/api/", page)
	for err != nil && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond) // the proxy starts
		c, _, err = wsclient.Dial(ctx, "ws://"+addr+"/api/", page)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(ctx, ws.OpText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := c.Read(ctx); err != nil || string(data) != "hello" {
		t.Errorf("through the proxy came %q, %v", data, err)
	}
}

// The nginx configuration of proxies.md passes WebSockets on, here without TLS.
func TestNginx(t *testing.T) {
	server := browsertest.Serve(t, newBrowserApp())
	addr := freeAddr(t)
	text := strings.Join(readLines(t, "testdata/proxies/nginx.conf"), "\n")
	text = strings.NewReplacer("listen 443 ssl", "listen "+addr, "http://127.0.0.1:8000",
		strings.TrimSuffix(server.URL, "/"), "    ssl_certificate     cert.pem;\n", "",
		"    ssl_certificate_key key.pem;\n", "", "server_name chat.example.com", "server_name 127.0.0.1",
	).Replace(text)
	dir := t.TempDir()
	text = fmt.Sprintf(`daemon off; pid %[1]s/pid; error_log stderr; events {}
http {
access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s;
uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
%[2]s
}
`, dir, text)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	startProxy(t, "nginx", "-c", file)
	talksThrough(t, addr)
}

// The Caddyfile of proxies.md passes WebSockets on, here without TLS.
func TestCaddy(t *testing.T) {
	server := browsertest.Serve(t, newBrowserApp())
	addr := freeAddr(t)
	text := strings.Join(readLines(t, "testdata/proxies/Caddyfile"), "\n")
	text = strings.NewReplacer("chat.example.com", "http://"+addr, "127.0.0.1:8000",
		strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/")).Replace(text)
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte("{\n\tadmin off\n}\n"+text+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	startProxy(t, "caddy", "run", "--adapter", "caddyfile", "--config", file)
	talksThrough(t, addr)
}
