package gateway_test

import (
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// A lockedLog is what several goroutines log.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestTLSOnPlainPortEndsAtOnce: the client learns that there is no TLS, long before the time limit
// of a handshake, and the log has one line.
func TestTLSOnPlainPortEndsAtOnce(t *testing.T) {
	for name, serve := range map[string]func(*testing.T, *gateway.Server, *lockedLog) *rig{
		"Serve": func(t *testing.T, srv *gateway.Server, _ *lockedLog) *rig { return start(t, srv) },
		"portable": func(t *testing.T, srv *gateway.Server, _ *lockedLog) *rig {
			srv.Portable = true
			return start(t, srv)
		},
		"http.Server": func(t *testing.T, srv *gateway.Server, l *lockedLog) *rig {
			web := httptest.NewUnstartedServer(srv)
			web.Config.ErrorLog = log.New(l, "", 0)
			web.Listener = gateway.KeepHeaderNames(web.Config, web.Listener)
			web.Start()
			return startOn(t, srv, web)
		},
	} {
		t.Run(name, func(t *testing.T) {
			logged := new(lockedLog)
			srv := &gateway.Server{
				Handler: echo(), Logger: slog.New(slog.NewTextHandler(logged, nil)),
				Limits: gateway.Limits{Handshake: time.Hour},
			}
			r := serve(t, srv, logged)
			nc, err := net.Dial("tcp", r.host())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			_ = nc.SetDeadline(time.Now().Add(patience))
			err = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}).Handshake()
			record, ok := errors.AsType[tls.RecordHeaderError](err)
			if !ok || string(record.RecordHeader[:]) != "HTTP/" {
				t.Errorf("the error is %v", err)
			}
			text := logged.String()
			if strings.Count(text, "\n") != 1 || !strings.Contains(text, "the client speaks TLS") {
				t.Errorf("the log is %q", text)
			}
			if res, _ := r.ask(t, r.handshake()); res.StatusCode != 101 {
				t.Errorf("another client gets status %d", res.StatusCode)
			}
		})
	}
}
