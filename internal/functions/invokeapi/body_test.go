package invokeapi_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/invokeapi"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// An unreadBody fails the test if it is read.
type unreadBody struct{ t *testing.T }

func (b unreadBody) Read([]byte) (int, error) {
	b.t.Error("the payload was read before the caller was judged")
	return 0, io.EOF
}

func TestPayloadOfStrangerIsNotRead(t *testing.T) {
	host := new(functions.Host)
	keyed := &invokeapi.Handler{Host: host, Secrets: map[string]string{"AKID": "secret"}}
	local := &invokeapi.Handler{Host: host}
	by := func(id, service string, age time.Duration) func(*http.Request) {
		return func(r *http.Request) {
			cred := sigv4.Credentials{AccessKeyID: id, SecretAccessKey: "secret"}
			sigv4.Sign(r, []byte("{}"), cred, "us-east-1", service, time.Now().Add(-age))
		}
	}
	tests := []struct {
		name    string
		handler *invokeapi.Handler
		sign    func(*http.Request)
	}{
		{"unsigned", keyed, func(*http.Request) {}},
		{"unknown key", keyed, by("AKIDOTHER", "lambda", 0)},
		{"other service", keyed, by("AKID", "execute-api", 0)},
		{"expired", keyed, by("AKID", "lambda", time.Hour)},
		{"another machine", local, by("AKID", "lambda", 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/2015-03-31/functions/f/invocations", unreadBody{t})
			tt.sign(r)
			w := httptest.NewRecorder()
			tt.handler.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden {
				t.Errorf("status %d, want 403; body %s", w.Code, w.Body)
			}
		})
	}
}

// TestRefusalsAreLoggedInFewLines makes many calls without a signature.
func TestRefusalsAreLoggedInFewLines(t *testing.T) {
	var b bytes.Buffer
	h := &invokeapi.Handler{
		Host: new(functions.Host), Secrets: map[string]string{"AKID": "secret"},
		Logger: slog.New(slog.NewTextHandler(&b, nil)),
	}
	for range 1000 {
		r := httptest.NewRequest("POST", "/2015-03-31/functions/f/invocations", nil)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := strings.Count(b.String(), "\n"); n == 0 || n > 20 {
		t.Errorf("%d lines of 1,000 refusals", n)
	}
}

func TestPayloadsAreBoundedTogether(t *testing.T) {
	h := &invokeapi.Handler{
		Host: new(functions.Host), Secrets: map[string]string{"AKID": "secret"},
	}
	h.SetBodies(10, 3000)
	post := func(payload string) int {
		r := httptest.NewRequest("POST", "/2015-03-31/functions/f/invocations",
			strings.NewReader(payload))
		cred := sigv4.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}
		sigv4.Sign(r, []byte(payload), cred, "us-east-1", "lambda", time.Now())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	small, large := `"`+strings.Repeat("x", 1000)+`"`, `"`+strings.Repeat("x", 5000)+`"`
	for range 5 { // each is released
		if status := post(small); status != http.StatusNotFound {
			t.Fatalf("status %d, want 404", status)
		}
	}
	if status := post(large); status != http.StatusRequestEntityTooLarge {
		t.Errorf("payload that is larger than all together: status %d, want 413", status)
	}
	h2 := &invokeapi.Handler{Host: h.Host, Secrets: h.Secrets}
	h2.SetBodies(1, 3000)
	h = h2
	body, w := io.Pipe()
	first := httptest.NewRequest("POST", "/2015-03-31/functions/f/invocations", body)
	sigv4.Sign(first, nil, sigv4.Credentials{AccessKeyID: "AKID", SecretAccessKey: "guessed"},
		"us-east-1", "lambda", time.Now())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), first)
	}()
	_, _ = w.Write([]byte("x")) // it returns when the payload is being read
	if status := post(small); status != http.StatusTooManyRequests {
		t.Errorf("status while a payload arrives: %d, want 429", status)
	}
	_ = w.Close()
	<-done
	if status := post(small); status != http.StatusNotFound {
		t.Errorf("status after it: %d, want 404", status)
	}
}
