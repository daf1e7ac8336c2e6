package dualport_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/dualport"
)

// serve returns a listener, and a client that trusts its certificate.
func serve(t *testing.T) (net.Listener, *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := dualport.New(l, &tls.Config{Certificates: web.TLS.Certificates})
	t.Cleanup(func() { _ = d.Close() })
	return d, web.Client().Transport.(*http.Transport).TLSClientConfig
}

func TestServesBothKinds(t *testing.T) {
	l, trust := serve(t)
	trust.ServerName = "example.com"
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, map[bool]string{true: "TLS", false: "plain"}[r.TLS != nil])
	})}
	served := make(chan error, 1) // Close ends it
	go func() { served <- srv.Serve(l) }()
	address := l.Addr().String()
	// One that says nothing holds up no other.
	silent, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	for scheme, want := range map[string]string{"http": "plain", "https": "TLS"} {
		res, err := client.Get(scheme + "://" + address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if string(body) != want || err != nil {
			t.Errorf("%s: %q, %v, want %s", scheme, body, err, want)
		}
	}
	client.CloseIdleConnections()
	_ = srv.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	_ = silent.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := silent.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("a client that said nothing is still connected: %v", err)
	}
}

// TestPlainConnectionIsUntouched: the gateway wants the socket itself, and all its bytes.
func TestPlainConnectionIsUntouched(t *testing.T) {
	l, _ := serve(t)
	for _, text := range []string{"G", "GET / HTTP/1.1\r\n\r\n", "\x17\x03\x01"} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		_ = c.(*net.TCPConn).CloseWrite()
		nc, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := nc.(*tls.Conn); ok {
			t.Fatalf("%q was taken for TLS", text)
		}
		got, err := bufio.NewReader(nc).ReadString(0)
		if got != text || err != io.EOF {
			t.Errorf("read %q, %v, want %q", got, err, text)
		}
		_, _ = nc.Close(), c.Close()
	}
}

func TestCloseEndsAccept(t *testing.T) {
	l, _ := serve(t)
	ended := make(chan error, 1) // Close ends it
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept returned %v", err)
	}
}

// failing is a listener that is out of descriptors, once.
type failing struct {
	net.Listener
	failed bool
}

var errFiles = errors.New("too many open files")

func (f *failing) Accept() (net.Conn, error) {
	if !f.failed {
		f.failed = true
		return nil, errFiles
	}
	return f.Listener.Accept()
}

func TestAcceptPassesFailuresOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := dualport.New(&failing{Listener: l}, nil)
	defer d.Close()
	if _, err := d.Accept(); !errors.Is(err, errFiles) {
		t.Errorf("Accept returned %v, want %v", err, errFiles)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.Copy(c, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	nc, err := d.Accept()
	if err != nil {
		t.Fatalf("after the failure: %v", err)
	}
	_ = nc.Close()
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
