package lambda_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/lambda"
)

// TestCloseWhoseAnswerWasLost closes a connection that was closed by the attempt before.
func TestCloseWhoseAnswerWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		s := against(t, func(*request) (*response, error) {
			if requests++; requests == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			return respond(410, "GoneException", "")
		})
		if err := s.Close(t.Context(), id); err != nil || requests != 2 {
			t.Errorf("%v after %d requests", err, requests)
		}
	})
}

// TestConnectionRefusedIsTriedAgain calls an address without a listener, over real sockets.
func TestConnectionRefusedIsTriedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var dials atomic.Int32
	s := overDialer(t, "http://"+l.Addr().String()+"/api", &dials)
	_ = l.Close()
	for name, send := range map[string]func() error{
		"Send":     func() error { return s.Send(t.Context(), id, []byte("x")) },
		"SendMany": func() error { return s.SendMany(t.Context(), []tyg.ConnID{id}, []byte("x")) },
	} {
		dials.Store(0)
		if err := send(); err == nil || errors.Is(err, lambda.ErrMaybeSent) {
			t.Errorf("%s: %v", name, err)
		}
		if n := dials.Load(); n != 3 {
			t.Errorf("%s: %d attempts to connect, want 3", name, n)
		}
	}
}

// overDialer is a Sender over real sockets that counts how often it connects.
func overDialer(t *testing.T, endpoint string, dials *atomic.Int32) *lambda.Sender {
	t.Helper()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.Add(1)
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return newSender(t, lambda.SenderConfig{
		Endpoint: endpoint, Region: "us-east-1", HTTPClient: &http.Client{Transport: transport},
	})
}

// TestSendWithoutAnswerIsErrMaybeSent has a server that reads a request and closes the connection.
func TestSendWithoutAnswerIsErrMaybeSent(t *testing.T) {
	tests := []struct {
		name  string
		do    func(*lambda.Sender) error
		want  int32 // requests
		maybe bool
	}{
		{"Send", func(s *lambda.Sender) error { return s.Send(t.Context(), id, []byte("x")) }, 1, true},
		{"SendMany", func(s *lambda.Sender) error {
			return s.SendMany(t.Context(), []tyg.ConnID{id}, []byte("x"))
		}, 1, true},
		{"Close", func(s *lambda.Sender) error { return s.Close(t.Context(), id) }, 3, false},
		{"Info", func(s *lambda.Sender) error {
			_, err := s.Info(t.Context(), id)
			return err
		}, 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var requests atomic.Int32
			l := hangUp(t, &requests)
			var dials atomic.Int32
			err := tt.do(overDialer(t, "http://"+l.Addr().String()+"/api", &dials))
			if err == nil || errors.Is(err, lambda.ErrMaybeSent) != tt.maybe {
				t.Errorf("error %v, want ErrMaybeSent: %v", err, tt.maybe)
			}
			if n := requests.Load(); n != tt.want {
				t.Errorf("%d requests, want %d", n, tt.want)
			}
		})
	}
}

// hangUp reads one request of each connection and closes it.
func hangUp(t *testing.T, requests *atomic.Int32) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends with l
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				requests.Add(1)
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l
}

// TestCallsKeepOneConnection makes calls one after the other, which need one connection.
func TestCallsKeepOneConnection(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			apigw.WriteError(w, tyg.ErrGone)
			return
		}
		apigw.WriteInfo(w, tyg.Info{})
	}))
	defer web.Close()
	var dials atomic.Int32
	s := overDialer(t, web.URL+"/api", &dials)
	for range 10 {
		if _, err := s.Info(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context(), id); !errors.Is(err, tyg.ErrGone) {
			t.Fatal(err)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("20 calls made %d connections", n)
	}
}

// TestRedirectIsNotFollowed has a server that sends signed requests elsewhere.
func TestRedirectIsNotFollowed(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect was followed")
	}))
	defer elsewhere.Close()
	web := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer web.Close()
	var dials atomic.Int32
	s := overDialer(t, web.URL+"/api", &dials)
	if err := s.Send(t.Context(), id, []byte("x")); err == nil ||
		!strings.Contains(err.Error(), "307") {
		t.Errorf("error %v", err)
	}
}
