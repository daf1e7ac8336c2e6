package jwtauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/jwtauth"
)

// FuzzAuthorize gives an Authorizer any token: it must accept only tokens signed with its key, and
// no error may quote the token.
func FuzzAuthorize(f *testing.F) {
	secret := []byte(strings.Repeat("s", 32))
	good := sign(f, "HS256", secret, nil, jwt.MapClaims{"sub": "ann", "exp": 1 << 40})
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(good + "=")
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(b64([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".")
	f.Add(b64([]byte(`{"alg":"HS256","kid":{"a":[]},"crit":1}`)) + "." + parts[1] + "." + parts[2])
	f.Add(parts[0] + "." + b64([]byte(`{"exp":1e999,"aud":[1,null]}`)) + "." + parts[2])
	a := newAuthorizer(f, jwtauth.Config{Secret: secret})
	f.Fuzz(func(t *testing.T, token string) {
		r := &tyg.Request{Header: http.Header{}, Subprotocols: []string{"bearer", token}}
		_, err := a.Authorize(t.Context(), r)
		if (err == nil) != (token == good) {
			t.Fatalf("Authorize: %v", err)
		}
		if err == nil {
			return
		}
		if status(err) != http.StatusUnauthorized {
			t.Errorf("Authorize: %v, want status 401", err)
		}
		if len(token) > 20 && strings.Contains(err.Error(), token[:20]) {
			t.Errorf("the error quotes the token: %v", err)
		}
	})
}

// FuzzClaims signs any claims, as a careless issuer might: Authorize must return an error that
// hosts know, or none.
func FuzzClaims(f *testing.F) {
	f.Add(`{"sub":"ann","exp":99999999999,"aud":"chat","scope":"a b"}`)
	f.Add(`{"sub":"ann","exp":1e999,"nbf":-1e999,"aud":["chat",{}],"scp":[["a"]]}`)
	f.Add(`{"sub":[],"exp":{},"aud":{},"scope":null}`)
	f.Add(`null`)
	secret := []byte(strings.Repeat("s", 32))
	a := newAuthorizer(f, jwtauth.Config{
		Secret: secret, Audience: []string{"chat"}, Scopes: []string{"a"}, Claims: []string{"sub", "x"},
	})
	f.Fuzz(func(t *testing.T, payload string) {
		text := b64([]byte(`{"alg":"HS256"}`)) + "." + b64([]byte(payload))
		signature, err := jwt.SigningMethodHS256.Sign(text, secret)
		if err != nil {
			t.Fatal(err)
		}
		id, err := ask(a, text+"."+b64(signature))
		if status(err) == http.StatusInternalServerError {
			t.Errorf("Authorize: %v", err)
		}
		if err == nil && id.Principal == "" {
			t.Error("let in without a principal")
		}
	})
}

// FuzzKeySet gives an Authorizer any response of an issuer. None may cause a panic, or make it
// accept a token of another signer.
func FuzzKeySet(f *testing.F) {
	s := newSigner(f, "k", "EdDSA")
	token := s.token(f, nil)
	for _, alg := range []string{"EdDSA", "ES256", "RS256"} {
		f.Add(keySet(f, newSigner(f, "k", alg)))
	}
	f.Add(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":"AA"},{"kty":"RSA","n":"AQ","e":"Aw"}]}`)
	f.Add(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"AA"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		i := &issuer{code: 200, body: body}
		if _, err := ask(newAuthorizer(t, i.config()), token); err == nil {
			t.Error("let in by another key")
		}
	})
}
