package gateway_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestSuites runs what every host must keep over each way to a socket.
func TestSuites(t *testing.T) {
	paths := map[string]func(*testing.T, tyg.Handler) *rig{
		"raw":      func(t *testing.T, h tyg.Handler) *rig { return start(t, &gateway.Server{Handler: h}) },
		"portable": func(t *testing.T, h tyg.Handler) *rig { return start(t, &gateway.Server{Handler: h, Portable: true}) },
		"TLS":      func(t *testing.T, h tyg.Handler) *rig { return startSecure(t, &gateway.Server{Handler: h}) },
		"net/http": func(t *testing.T, h tyg.Handler) *rig { return startTLS(t, &gateway.Server{Handler: h}) },
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			subject := func(t *testing.T, h tyg.Handler) tygtest.Subject { return path(t, h).subject(t) }
			t.Run("host", func(t *testing.T) { tygtest.TestHost(t, subject) })
			t.Run("sender", func(t *testing.T) { tygtest.TestSender(t, subject) })
		})
	}
}
