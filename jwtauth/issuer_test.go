package jwtauth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/jwtauth"
)

const (
	issuerURL = "https://id.example.com/"
	jwksURL   = "https://id.example.com/jwks"
)

var quiet = slog.New(slog.DiscardHandler)

// signer is a private key of an issuer.
type signer struct {
	kid     string
	alg     string
	private crypto.Signer
}

func newSigner(t testing.TB, kid, alg string) signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch alg {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{kid, alg, private}
}

// claims returns good claims, changed by others; nil removes one.
func claims(others jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": issuerURL, "aud": "chat", "sub": "ann", "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(c, others)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// token signs good claims, changed by others.
func (s signer) token(t testing.TB, others jwt.MapClaims) string {
	t.Helper()
	return sign(t, s.alg, s.private, jwt.MapClaims{"kid": s.kid}, claims(others))
}

// sign makes any token at all; headers that are nil or empty are left out.
func sign(t testing.TB, alg string, key any, header, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), claims)
	for name, v := range header {
		if v != nil && v != "" {
			token.Header[name] = v
		}
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// jwk publishes the key.
func (s signer) jwk(t testing.TB) map[string]string {
	t.Helper()
	j := map[string]string{"use": "sig"}
	if s.kid != "" {
		j["kid"] = s.kid
	}
	switch public := s.private.Public().(type) {
	case ed25519.PublicKey:
		j["kty"], j["crv"], j["x"] = "OKP", "Ed25519", b64(public)
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := len(point) / 2
		j["kty"], j["crv"] = "EC", public.Params().Name
		j["x"], j["y"] = b64(point[1:1+half]), b64(point[1+half:])
	case *rsa.PublicKey:
		j["kty"], j["alg"], j["n"], j["e"] = "RSA", s.alg, b64(public.N.Bytes()), "AQAB"
	}
	return j
}

func keySet(t testing.TB, signers ...signer) string {
	t.Helper()
	keys := []any{}
	for _, s := range signers {
		keys = append(keys, s.jwk(t))
	}
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// issuer answers for jwksURL in memory, so that tests with it can run in a bubble.
type issuer struct {
	mu    sync.Mutex
	body  string
	code  int           // 0 means unreachable
	hold  chan struct{} // if not nil, answers wait until it is closed
	asked int
}

var errUnreachable = errors.New("network is unreachable")

func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.mu.Lock()
	i.asked++
	hold := i.hold
	i.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.code == 0 {
		return nil, errUnreachable
	}
	return &http.Response{
		StatusCode: i.code,
		Status:     http.StatusText(i.code),
		Header:     http.Header{},
		Body:       io.NopCloser(bytes.NewReader([]byte(i.body))),
		Request:    r,
	}, nil
}

func (i *issuer) answer(code int, body string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.code, i.body = code, body
}

func (i *issuer) times() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// config trusts the issuer.
func (i *issuer) config() jwtauth.Config {
	return jwtauth.Config{
		JWKS: jwksURL, Issuer: issuerURL, Audience: []string{"chat"},
		HTTPClient: &http.Client{Transport: i}, Logger: quiet,
	}
}

func newAuthorizer(t testing.TB, c jwtauth.Config) *jwtauth.Authorizer {
	t.Helper()
	a, err := jwtauth.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// withKey trusts one static key.
func withKey(s signer) jwtauth.Config {
	return jwtauth.Config{
		Keys: []crypto.PublicKey{s.private.Public()}, Issuer: issuerURL, Audience: []string{"chat"},
	}
}

func bearer(token string) *tyg.Request {
	return &tyg.Request{Header: http.Header{"Authorization": {"Bearer " + token}}}
}

func ask(a *jwtauth.Authorizer, token string) (tyg.Identity, error) {
	return a.Authorize(context.Background(), bearer(token))
}

// status is the status that a host answers with.
func status(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, tyg.ErrUnauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, tyg.ErrForbidden):
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}
