package selfhost

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
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
	f := &certificate{cert: c.path(c.TLS.CertFile), key: c.path(c.TLS.KeyFile), log: log}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	t.GetCertificate = f.get
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
		Cache:      autocert.DirCache(c.path(a.cacheDir())),
	}
	if a.Directory != "" {
		m.Client = &acme.Client{DirectoryURL: a.Directory}
	}
	return m
}

func (a *ACME) cacheDir() string {
	if a.CacheDir != "" {
		return a.CacheDir
	}
	return "acme"
}

// recheck is the interval between two checks of the files.
const recheck = time.Second

// A certificate is loaded from files, which may be replaced at any time.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	now     *tls.Certificate
	looked  time.Time
	written [2]time.Time // modification times of the files at the last attempt to load them
}

func (c *certificate) load() error {
	written := c.times()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	c.written, c.looked = written, time.Now()
	if err != nil {
		return err
	}
	c.now = &pair
	return nil
}

// times returns the modification times of the files.
func (c *certificate) times() (written [2]time.Time) {
	for i, name := range []string{c.cert, c.key} {
		if info, err := os.Stat(name); err == nil {
			written[i] = info.ModTime()
		}
	}
	return written
}

// get returns the certificate for a handshake. If the files cannot be loaded, the last certificate
// stays: one of the two files may not be replaced yet.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < recheck {
		return c.now, nil
	}
	c.looked = time.Now()
	if c.times() == c.written {
		return c.now, nil
	}
	if err := c.load(); err != nil {
		c.log.Error("cannot load certificate, keeping the last one", "file", c.cert, "err", err)
		return c.now, nil
	}
	c.log.Info("certificate loaded", "file", c.cert, "until", c.now.Leaf.NotAfter)
	return c.now, nil
}
