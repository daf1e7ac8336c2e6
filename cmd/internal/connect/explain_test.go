package connect

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions/outbound"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// dialError returns how a failure to connect is explained.
func dialError(t *testing.T, url string) string {
	t.Helper()
	_, _, err := wsclient.Dial(t.Context(), url, nil)
	if err == nil {
		t.Fatalf("%s can be reached", url)
	}
	return explainDial(url, err).Error()
}

// TestPortWithoutTLSIsExplained: wss leads to a port that answers without TLS, or not at all.
func TestPortWithoutTLSIsExplained(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // ends with l
		for n := 0; ; n++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = nc.Read(make([]byte, 16<<10))
			if n == 0 {
				_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\n\r\n")
			}
			_ = nc.Close()
		}
	}()
	for _, want := range []string{"(this port does not speak TLS; use ws://)", "if it speaks none, use ws://)"} {
		if got := dialError(t, "wss://"+l.Addr().String()+"/api/"); !strings.HasSuffix(got, want) {
			t.Errorf("the error is %s, want %s", got, want)
		}
	}
}

// TestCertificateForFunctionsIsExplained: the port of tyg local speaks TLS, and not for clients.
func TestCertificateForFunctionsIsExplained(t *testing.T) {
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	address := web.Listener.Addr().String()
	o, err := outbound.Open(outbound.Config{Gateway: address, APIID: "local", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	web.Listener = tls.NewListener(web.Listener, o.TLS())
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.Start()
	defer web.Close()
	got := dialError(t, "wss://"+address+"/api/")
	if !strings.HasSuffix(got, "(tyg local speaks TLS with its functions only; use ws://, or start it "+
		"with --cert and --key)") {
		t.Errorf("the error is %s", got)
	}
}
