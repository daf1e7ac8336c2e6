package gateway_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestSuites runs what every host must keep over each way to a socket, as API Gateway and with
// binary messages.
func TestSuites(t *testing.T) {
	paths := map[string]func(testing.TB, *gateway.Server) *rig{
		"raw":      start,
		"portable": startPortable,
		"TLS":      startServeTLS,
		"net/http": startHTTPServerTLS,
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := func(t *testing.T, h tyg.Handler) tygtest.Subject {
				return path(t, &gateway.Server{Handler: h}).subject(t)
			}
			t.Run("host", func(t *testing.T) { tygtest.TestHost(t, subject) })
			t.Run("sender", func(t *testing.T) { tygtest.TestSender(t, subject) })
			t.Run("groups", func(t *testing.T) { tygtest.TestGroups(t, subject) })
			t.Run("host with binary", func(t *testing.T) {
				tygtest.TestHost(t, func(t *testing.T, h tyg.Handler) tygtest.Subject {
					return path(t, &gateway.Server{
						Handler: h, Extensions: gateway.Extensions{Binary: true},
					}).subject(t)
				})
			})
		})
	}
}

func startPortable(t testing.TB, srv *gateway.Server) *rig {
	srv.Portable = true
	return start(t, srv)
}
