package gateway_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// An unreadBody fails the test if it is read.
type unreadBody struct{ t *testing.T }

func (b unreadBody) Read([]byte) (int, error) {
	b.t.Error("the body was read before the caller was judged")
	return 0, io.EOF
}

// TestBodyOfStrangerIsNotRead calls @connections in ways that the head alone refutes.
func TestBodyOfStrangerIsNotRead(t *testing.T) {
	withSecrets := &gateway.Server{Handler: echo(), Secrets: map[string]string{"AKIDMINE": "mine"}}
	withoutSecrets := &gateway.Server{Handler: echo()}
	mine := sigv4.Credentials{AccessKeyID: "AKIDMINE", SecretAccessKey: "mine"}
	guessed := sigv4.Credentials{AccessKeyID: "AKIDMINE", SecretAccessKey: "guessed"}
	other := sigv4.Credentials{AccessKeyID: "AKIDOTHER", SecretAccessKey: "mine"}
	by := func(c sigv4.Credentials, service string, age time.Duration) func(*http.Request) {
		return func(r *http.Request) {
			sigv4.Sign(r, []byte("hi"), c, "us-east-1", service, time.Now().Add(-age))
		}
	}
	tests := []struct {
		name string
		srv  *gateway.Server
		sign func(*http.Request)
	}{
		{"unsigned", withSecrets, func(*http.Request) {}},
		{"malformed", withSecrets, func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }},
		{"unknown key", withSecrets, by(other, "execute-api", 0)},
		{"other service", withSecrets, by(mine, "lambda", 0)},
		{"expired", withSecrets, by(mine, "execute-api", time.Hour)},
		{"wrong secret, hash stated", withSecrets, func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
			by(guessed, "execute-api", 0)(r)
		}},
		{"another machine", withoutSecrets, by(mine, "execute-api", 0)},
		{"this machine, unsigned", withoutSecrets, func(r *http.Request) {
			r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:8000"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.srv.Logger = quiet
			r := httptest.NewRequest(http.MethodPost, "/api/@connections/AAAAAAAAAAAAAAA=", unreadBody{t})
			r.RemoteAddr = "192.0.2.1:1234"
			tt.sign(r)
			w := httptest.NewRecorder()
			tt.srv.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden {
				t.Errorf("status %d, want 403; body %s", w.Code, w.Body)
			}
		})
	}
}

// TestBodiesAreBoundedTogether holds bodies open that a signed head announces, as a caller with a
// known key and a wrong secret can.
func TestBodiesAreBoundedTogether(t *testing.T) {
	const limit = 100_000
	r := start(t, &gateway.Server{Handler: echo(), Secrets: map[string]string{"AKIDMINE": "mine"}})
	r.SetBodies(100, limit)
	forged := aws.Credentials{AccessKeyID: "AKIDMINE", SecretAccessKey: "guessed"}
	results := make(chan int)
	var bodies []*io.PipeWriter
	const calls = 8
	for range calls {
		body, w := io.Pipe()
		bodies = append(bodies, w)
		req := httptest.NewRequest(http.MethodPost, "/api/@connections/AAAAAAAAAAAAAAA=", body)
		sign(t, req, "hi", forged)
		go func() {
			rec := httptest.NewRecorder()
			r.ServeHTTP(rec, req)
			_ = body.CloseWithError(io.ErrClosedPipe)
			results <- rec.Code
		}()
	}
	half := bytes.Repeat([]byte("x"), 33_000)
	for _, w := range bodies {
		_, _ = w.Write(half) // it fails once the call is refused
	}
	for range calls - 1 { // one has grown to 64 KB, and leaves no room for a second one
		if status := <-results; status != http.StatusTooManyRequests {
			t.Errorf("status %d, want 429", status)
		}
	}
	if held := r.HeldBodies(); held > limit {
		t.Errorf("%d bytes are held, more than %d", held, limit)
	}
	for _, w := range bodies {
		_ = w.Close()
	}
	if status := <-results; status != http.StatusForbidden {
		t.Errorf("status %d of the call that fitted, want 403", status)
	}
	if held := r.HeldBodies(); held != 0 {
		t.Errorf("%d bytes are held after all calls", held)
	}
}

// TestBodyIsHeldUntilCallEnds sends more calls one after the other than would fit at the same time.
func TestBodyIsHeldUntilCallEnds(t *testing.T) {
	r, c, conn, _ := open(t, &gateway.Server{})
	r.SetBodies(1, 2048)
	for range 5 {
		text := strings.Repeat("x", 1500)
		status, _, _ := r.call(t, http.MethodPost, "/@connections/"+string(conn.ID), text)
		if status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		c.expect(t, text)
	}
}
