package connect

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/wsclient"
)

// answer accepts connections, does with each what it is told, and reads what else comes. It returns
// the port.
func answer(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with l
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the client
				defer conn.Close()
				do(conn)
				_ = conn.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, conn) // else what was sent could be lost
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answerTLS is answer with a handshake of TLS.
func answerTLS(t *testing.T, cfg *tls.Config) string {
	t.Helper()
	return answer(t, func(conn net.Conn) { _ = tls.Server(conn, cfg).Handshake() })
}

// Mistakes of TLS, of either side, are followed by what to do about them.
func TestTLSMistakesAreExplained(t *testing.T) {
	web := httptest.NewUnstartedServer(nil) // its certificate is for 127.0.0.1
	web.Config.ErrorLog = quiet()
	web.StartTLS()
	defer web.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(web.Certificate())
	own := web.TLS.Certificates
	old := []tls.Certificate{selfSignedUntil(t, time.Now().Add(-time.Hour))}
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	alert := func(conn net.Conn) { _, _ = io.WriteString(conn, "\x15\x03\x03\x00\x02\x02\x46") }
	for name, test := range map[string]struct {
		url    string
		client *tls.Config
		want   string
	}{
		"ws to HTTPS": {"ws://127.0.0.1:" + port, nil, useTLS},
		"ws to TLS":   {"ws://127.0.0.1:" + answer(t, alert), nil, useTLS},
		"ws to a server that ends it": {
			"ws://127.0.0.1:" + answer(t, func(net.Conn) {}), nil, "if it speaks TLS, use wss://",
		},
		"no trust":   {"wss://127.0.0.1:" + port, nil, "--ca FILE"},
		"other name": {"wss://localhost:" + port, &tls.Config{RootCAs: trusted}, "by a name that the certificate"},
		"expired": {
			"wss://127.0.0.1:" + answerTLS(t, &tls.Config{Certificates: old}), nil, "needs a new certificate",
		},
		"no certificate": {
			"wss://127.0.0.1:" + answerTLS(t, &tls.Config{
				Certificates: own, ClientAuth: tls.RequireAnyClientCert,
			}), &tls.Config{RootCAs: trusted}, "give one with --cert and --key",
		},
		"no certificate in TLS 1.2": {
			"wss://127.0.0.1:" + answerTLS(t, &tls.Config{
				Certificates: own, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12,
			}), &tls.Config{RootCAs: trusted}, "--cert and --key",
		},
		"unknown client": {
			"wss://127.0.0.1:" + answerTLS(t, &tls.Config{
				Certificates: own, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
			}), &tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{selfSigned(t)}},
			"does not accept the certificate of the client",
		},
		"old version": {
			"wss://127.0.0.1:" + answerTLS(t, &tls.Config{
				Certificates: own, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
			}), &tls.Config{RootCAs: trusted}, noVersion,
		},
		"no such name": {
			"wss://127.0.0.1:" + answerTLS(t, new(tls.Config)), &tls.Config{ServerName: "a.example"},
			"no certificate for this name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := wsclient.Dial(t.Context(), test.url, &wsclient.Options{TLS: test.client})
			if err == nil {
				t.Fatal("the server can be reached")
			}
			if got := explainDial(test.url, err).Error(); !strings.Contains(got, test.want) {
				t.Errorf("the error is %s, want %s", got, test.want)
			}
		})
	}
}
