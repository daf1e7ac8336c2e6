package local

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"slices"

	"github.com/tyg-dev/tyg/internal/certfile"
)

// loopbackOrigins are those of the pages that a developer's own server has on this machine, such as
// that of Vite or Next, whose port is another each time.
var loopbackOrigins = [...]string{
	"http://localhost:*", "https://localhost:*", "http://*.localhost:*", "https://*.localhost:*",
	"http://127.0.0.1:*", "https://127.0.0.1:*", "http://[::1]:*", "https://[::1]:*",
}

// Origins returns the origins of lists, and those of loopback on any port.
func Origins(lists ...[]string) []string {
	return slices.Concat(loopbackOrigins[:], slices.Concat(lists...))
}

// secure returns the listener for functions, and what l speaks TLS with for clients. Without a
// certificate of the user's that is nil and l has both: functions trust no certificate of the
// user's for the address that they are told.
func (s *server) secure(l net.Listener) (net.Listener, *tls.Config, error) {
	if s.cfg.Cert == "" {
		return l, nil, nil
	}
	c, err := certfile.Load(s.cfg.Cert, s.cfg.Key, slog.New(logHandler{printer: s.out}))
	if err != nil {
		return nil, nil, fmt.Errorf("load certificate: %w", err)
	}
	own, err := listen("127.0.0.1:0")
	cfg := &tls.Config{
		GetCertificate: c.Get, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	}
	return own, cfg, err
}
