package connect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// selfSigned returns a certificate for a client.
func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	return selfSignedUntil(t, time.Now().Add(time.Hour))
}

func selfSignedUntil(t *testing.T, end time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: end,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A server that requires a certificate gets it, and one that gets none is explained.
func TestClientCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(newGateway(t, echo).Config.Handler)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	defer s.Close()
	cfg := Config{Wait: time.Millisecond}
	cfg.Dial.TLS = &tls.Config{InsecureSkipVerify: true}
	_, err := talk(t, s, strings.NewReader("hi\n"), cfg)
	if err == nil || !strings.Contains(err.Error(), "give one with --cert and --key") {
		t.Errorf("without a certificate the error is %v", err)
	}
	cfg.Dial.TLS.Certificates = []tls.Certificate{selfSigned(t)}
	if out, err := talk(t, s, strings.NewReader("hi\n"), cfg); err != nil || out != "hi\n" {
		t.Errorf("with a certificate it printed %q, %v", out, err)
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
