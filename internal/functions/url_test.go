package functions_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestURLPostsEvent(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" ||
			r.Header.Get("Authorization") != "Bearer x" || r.UserAgent() != "tyg" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"statusCode":200,"body":`+string(b)+`}`)
	})
	u := &functions.URL{Address: address, Header: http.Header{"Authorization": {"Bearer x"}}}
	got, err := u.Invoke(t.Context(), []byte(`"hello"`))
	if err != nil || string(got) != `{"statusCode":200,"body":"hello"}` {
		t.Errorf("%s, %v", got, err)
	}
	if u.Header.Get("Content-Type") != "" {
		t.Error("Invoke has changed the Header")
	}
}

func TestURLCarriesTheTrace(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	var got http.Header
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		io.WriteString(w, `{"statusCode":200}`)
	})
	r := &functions.Router{Integrations: map[string]functions.Integration{
		tyg.RouteDefault: &functions.URL{Address: address},
	}}
	ctx := tyg.WithCaller(t.Context(), http.Header{
		"Traceparent": {parent}, "Tracestate": {"a=b"}, "Authorization": {"of another"},
	})
	if _, err := r.Handle(ctx, message("hello")); err != nil {
		t.Fatal(err)
	}
	if got.Get("Traceparent") != parent || got.Get("Tracestate") != "a=b" ||
		got.Get("Authorization") != "" {
		t.Errorf("header %v", got)
	}
}

func TestURLFailsOnBadReply(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			io.WriteString(w, `{"statusCode":200}`)
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server notice that the client is gone
		<-r.Context().Done()
	}
	write := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
	}
	tests := []struct {
		name string
		h    http.HandlerFunc
		u    *functions.URL
		want string
	}{
		{"400", status(400), &functions.URL{}, "status 400"},
		{"500", status(500), &functions.URL{}, "status 500"},
		{"redirect", status(307), &functions.URL{}, "status 307"},
		{"no JSON", write("fine"), &functions.URL{}, "not JSON"},
		{"too large", write(`"12345678"`), &functions.URL{MaxReply: 9}, "larger than 9 bytes"},
		{"too slow", hang, &functions.URL{Timeout: 20 * time.Millisecond}, "within 20ms"},
	}
	for _, tt := range tests {
		tt.u.Address = serve(t, tt.h) + "/path?secret=1"
		_, err := tt.u.Invoke(t.Context(), []byte("{}"))
		if err == nil || !strings.Contains(err.Error(), tt.want) ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one with %q and without the query", tt.name, err, tt.want)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the service's slowness looks like the caller's deadline", tt.name)
		}
	}
	u := &functions.URL{Address: serve(t, hang)}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := u.Invoke(ctx, []byte("{}")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's deadline: %v", err)
	}
	for _, address := range []string{"", "ftp://x", "http://127.0.0.1:1", "http://%zz?secret=1"} {
		u := &functions.URL{Address: address}
		_, err := u.Invoke(t.Context(), []byte("{}"))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("address %q: error %v", address, err)
		}
	}
}
