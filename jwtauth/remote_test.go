package jwtauth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/jwtauth"
)

// TestRealServer starts once before and once after a key was replaced.
func TestRealServer(t *testing.T) {
	old, fresh := newSigner(t, "1", "ES256"), newSigner(t, "2", "ES256")
	var mu sync.Mutex
	body := keySet(t, old)
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = w.Write([]byte(body))
	}))
	defer web.Close()
	c := jwtauth.Config{
		JWKS: web.URL, Issuer: issuerURL, Audience: []string{"chat"}, HTTPClient: web.Client(),
		Logger: quiet,
	}
	a := newAuthorizer(t, c)
	if _, err := ask(a, old.token(t, nil)); err != nil {
		t.Errorf("before: %v", err)
	}
	mu.Lock()
	body = keySet(t, fresh)
	mu.Unlock()
	a = newAuthorizer(t, c)
	if _, err := ask(a, fresh.token(t, nil)); err != nil {
		t.Errorf("after: %v", err)
	}
	if _, err := ask(a, old.token(t, nil)); status(err) != 401 {
		t.Errorf("the old key after: %v", err)
	}
}

// TestUnknownKeyIsFetchedOnce checks that tokens with unknown keys do not cause a fetch each.
func TestUnknownKeyIsFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		old, fresh := newSigner(t, "1", "EdDSA"), newSigner(t, "2", "EdDSA")
		i := &issuer{code: 200, body: keySet(t, old)}
		a, err := jwtauth.New(ctx, i.config())
		if err != nil {
			t.Fatal(err)
		}
		i.expect(t, a, old, 200, 1)
		i.answer(200, keySet(t, old, fresh))
		i.expect(t, a, fresh, 401, 1) // too soon after the first fetch
		time.Sleep(30 * time.Second)
		i.expect(t, a, fresh, 200, 2)
		for range 10 {
			i.expect(t, a, newSigner(t, "3", "EdDSA"), 401, 2)
		}
		time.Sleep(30 * time.Second)
		i.expect(t, a, newSigner(t, "3", "EdDSA"), 401, 3)
		i.expect(t, a, old, 200, 3)
	})
}

// expect asks about a token of s, and checks the answer and how often the issuer has been asked.
func (i *issuer) expect(t *testing.T, a *jwtauth.Authorizer, s signer, want, asked int) {
	t.Helper()
	_, err := ask(a, s.token(t, nil))
	if got := status(err); got != want {
		t.Errorf("key %q: status %d (%v), want %d", s.kid, got, err, want)
	}
	if got := i.times(); got != asked {
		t.Errorf("key %q: the issuer was asked %d times, want %d", s.kid, got, asked)
	}
}

func TestBackgroundRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		old, fresh := newSigner(t, "1", "EdDSA"), newSigner(t, "2", "EdDSA")
		i := &issuer{code: 200, body: keySet(t, old)}
		a, err := jwtauth.New(ctx, i.config())
		if err != nil {
			t.Fatal(err)
		}
		i.expect(t, a, old, 200, 1)
		i.answer(200, keySet(t, fresh))
		time.Sleep(time.Hour + time.Second)
		i.expect(t, a, fresh, 200, 2)
		i.expect(t, a, old, 401, 2) // a key that was withdrawn

		i.answer(500, "")
		time.Sleep(time.Hour)
		i.expect(t, a, fresh, 200, 3) // the keys that there are stay in use
		time.Sleep(time.Minute)
		i.expect(t, a, fresh, 200, 4)

		cancel()
		synctest.Wait() // the bubble fails if the goroutine stays
		time.Sleep(2 * time.Hour)
		i.expect(t, a, fresh, 200, 4)
		i.expect(t, a, old, 500, 4)
	})
}

func TestUnreachable(t *testing.T) {
	s := newSigner(t, "1", "EdDSA")
	tests := map[string]struct {
		code int
		body string
	}{
		"no network":    {},
		"server error":  {500, keySet(t, s)},
		"not found":     {404, ""},
		"not JSON":      {200, "<html>"},
		"another thing": {200, `{"issuer":"x"}`},
		"no keys":       {200, `{"keys":[]}`},
		"endless":       {200, keySet(t, s) + strings.Repeat(" ", 1<<20)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var log bytes.Buffer
				i := &issuer{code: tt.code, body: tt.body}
				c := i.config()
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				a, err := jwtauth.New(ctx, c)
				if err != nil {
					t.Fatal(err)
				}
				i.expect(t, a, s, 500, 1)
				i.expect(t, a, s, 500, 1)
				i.answer(200, keySet(t, s))
				time.Sleep(5 * time.Second)
				i.expect(t, a, s, 200, 2)
				if n := strings.Count(log.String(), "fetch of JWKS failed"); n != 1 {
					t.Errorf("logged %d times: %s", n, &log)
				}
			})
		})
	}
}

// TestFetchIsShared has many clients come before the first keys.
func TestFetchIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := newSigner(t, "1", "EdDSA")
		i := &issuer{code: 200, body: keySet(t, s), hold: make(chan struct{})}
		a, err := jwtauth.New(ctx, i.config())
		if err != nil {
			t.Fatal(err)
		}
		token := s.token(t, nil)
		impatient, leave := context.WithCancel(ctx)
		leave()
		_, err = a.Authorize(impatient, bearer(token))
		if !errors.Is(err, context.Canceled) || status(err) != 500 {
			t.Errorf("a client that does not wait: %v", err)
		}
		results := make(chan error, 50)
		for range cap(results) {
			go func() {
				_, err := ask(a, token)
				results <- err
			}()
		}
		synctest.Wait()
		close(i.hold)
		for range cap(results) {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := i.times(); n != 1 {
			t.Errorf("the issuer was asked %d times, want 1", n)
		}
	})
}

// TestHangingIssuer is about a fetch that is given up, and one that is interrupted.
func TestHangingIssuer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := newSigner(t, "1", "EdDSA")
		i := &issuer{hold: make(chan struct{})}
		var log bytes.Buffer
		c := i.config()
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		a, err := jwtauth.New(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		i.expect(t, a, s, 500, 1)
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("a fetch was given up after %v", d)
		}
		time.Sleep(10 * time.Second)
		done := make(chan error)
		go func() {
			_, err := ask(a, s.token(t, nil))
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; status(err) != 500 {
			t.Errorf("interrupted: %v", err)
		}
		synctest.Wait()
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("logged %d lines, want that the first fetch was given up: %s", n, &log)
		}
	})
}
