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

// onUnix says that files have permissions that mean something.
const onUnix = runtime.GOOS != "windows"

// tlsConfig returns how to speak TLS, or nil if that is not wanted.
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

// acme returns who gets certificates. Their holder proves to be the host on this very listener (RFC
// 8737), so that must be port 443 for the authority.
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

// recheck is how long a certificate is used until its files are looked at again.
const recheck = time.Second

// A certificate is one in files, which may be replaced at any time.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	now     *tls.Certificate
	looked  time.Time
	written [2]time.Time // when the files were, as of now or of the last failure
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

// times returns when the files were last written.
func (c *certificate) times() (written [2]time.Time) {
	for i, name := range []string{c.cert, c.key} {
		if info, err := os.Stat(name); err == nil {
			written[i] = info.ModTime()
		}
	}
	return written
}

// get returns the certificate for a handshake. One that cannot be loaded leaves the last in place: the
// other file may be on its way.
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
		c.log.Error("certificate not loaded, the last one stays", "file", c.cert, "err", err)
		return c.now, nil
	}
	c.log.Info("certificate loaded", "file", c.cert, "until", c.now.Leaf.NotAfter)
	return c.now, nil
}
