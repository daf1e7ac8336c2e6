package selfhost

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"runtime"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/internal/certfile"
)

// onUnix reports that the permissions of files have a meaning.
const onUnix = runtime.GOOS != "windows"

// tlsConfig returns the configuration of TLS, or nil without TLS.
func (c *Config) tlsConfig(log *slog.Logger) (*tls.Config, error) {
	if c.TLS == nil {
		return nil, nil
	}
	t := &tls.Config{NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	if c.TLS.ACME != nil {
		m := c.acme()
		t.GetCertificate = m.GetCertificate
		t.NextProtos = append(t.NextProtos, acme.ALPNProto)
		return t, nil
	}
	f, err := certfile.Load(c.path(c.TLS.CertFile), c.path(c.TLS.KeyFile), log)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	t.GetCertificate = f.Get
	return t, nil
}

// acme returns the ACME client. The server connects to this listener to verify the host (RFC 8737),
// so it must be reachable on port 443.
func (c *Config) acme() *autocert.Manager {
	a := c.TLS.ACME
	m := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		HostPolicy: autocert.HostWhitelist(a.Hosts...),
		Email:      a.Email,
		Cache:      autocert.DirCache(c.path(cmp.Or(a.CacheDir, "acme"))),
	}
	m.Client = &acme.Client{
		DirectoryURL: cmp.Or(a.Directory, autocert.DefaultACMEDirectory),
		UserAgent:    "tyg/" + buildinfo.Read().Version,
	}
	return m
}
