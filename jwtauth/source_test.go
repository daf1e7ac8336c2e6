package jwtauth_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/tyg-dev/tyg"
)

func TestSources(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	token := s.token(t, nil)
	header := func(name, v string) *tyg.Request {
		return &tyg.Request{Header: http.Header{name: {v}}}
	}
	query := func(name string) *tyg.Request { return &tyg.Request{Query: url.Values{name: {token}}} }
	offers := func(names ...string) *tyg.Request { return &tyg.Request{Subprotocols: names} }
	const protocol = "route.request.header.sec-websocket-protocol"
	const own, param = "route.request.header.X-Token", "route.request.querystring.jwt"
	tests := []struct {
		name    string
		sources []string // nil: the default
		request *tyg.Request
		found   bool
	}{
		{"bearer", nil, header("Authorization", "Bearer "+token), true},
		{"bearer in small letters", nil, header("Authorization", "bearer  "+token), true},
		{"basic", nil, header("Authorization", "Basic "+token), false},
		{"token alone", nil, header("Authorization", token), false},
		{"scheme alone", nil, header("Authorization", "Bearer"), false},
		{"query", nil, query("token"), true},
		{"other parameter", nil, query("jwt"), false},
		{"subprotocol", nil, offers("bearer", token), true},
		{"subprotocol after another", nil, offers("chat.v1", "bearer", token), true},
		{"bearer last", nil, offers(token, "bearer"), false},
		{"no bearer", nil, offers("chat.v1", token), false},
		{"nothing", nil, &tyg.Request{}, false},
		{"own header", []string{own}, header("X-Token", token), true},
		{"own parameter", []string{own, param}, query("jwt"), true},
		{"not a source any more", []string{own, param}, query("token"), false},
		{"own spelling", []string{protocol}, offers("bearer", token), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := withKey(s)
			c.Sources = tt.sources
			want := http.StatusUnauthorized
			if tt.found {
				want = http.StatusOK
			}
			_, err := newAuthorizer(t, c).Authorize(t.Context(), tt.request)
			if got := status(err); got != want {
				t.Errorf("status %d (%v), want %d", got, err, want)
			}
		})
	}
}

// TestFirstSourceWins keeps a client from being judged by the better of two tokens.
func TestFirstSourceWins(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	r := bearer("bad")
	r.Query = url.Values{"token": {s.token(t, nil)}}
	if _, err := newAuthorizer(t, withKey(s)).Authorize(t.Context(), r); status(err) != 401 {
		t.Errorf("Authorize: %v", err)
	}
}
