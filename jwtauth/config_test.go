package jwtauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg/jwtauth"
)

func TestNewRefuses(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	weak := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte(strings.Repeat("s", 32))
	tests := map[string]func(c *jwtauth.Config){
		"no keys": func(c *jwtauth.Config) {
			c.Keys = nil
		},
		"two kinds of keys": func(c *jwtauth.Config) {
			c.JWKS = jwksURL
		},
		"keys and secret": func(c *jwtauth.Config) {
			c.Secret = secret
		},
		"no audience": func(c *jwtauth.Config) {
			c.Audience = nil
		},
		"empty audience": func(c *jwtauth.Config) {
			c.Audience = []string{"chat", ""}
		},
		"none": func(c *jwtauth.Config) {
			c.Algorithms = []string{"none"}
		},
		"unknown algorithm": func(c *jwtauth.Config) {
			c.Algorithms = []string{"RS1"}
		},
		"HS256 with keys": func(c *jwtauth.Config) {
			c.Algorithms = []string{"HS256"}
		},
		"RS256 with secret": func(c *jwtauth.Config) {
			c.Keys, c.Secret, c.Algorithms = nil, secret, []string{"RS256"}
		},
		"short secret": func(c *jwtauth.Config) {
			c.Keys, c.Secret = nil, secret[:31]
		},
		"secret short for HS384": func(c *jwtauth.Config) {
			c.Keys, c.Secret, c.Algorithms = nil, secret, []string{"HS384"}
		},
		"not a URL": func(c *jwtauth.Config) {
			c.Keys, c.JWKS = nil, "id.example.com/jwks"
		},
		"a file": func(c *jwtauth.Config) {
			c.Keys, c.JWKS = nil, "file:///etc/jwks"
		},
		"no host": func(c *jwtauth.Config) {
			c.Keys, c.JWKS = nil, "https:///jwks"
		},
		"control character in URL": func(c *jwtauth.Config) {
			c.Keys, c.JWKS = nil, "https://a\n/"
		},
		"unknown source": func(c *jwtauth.Config) {
			c.Sources = []string{"stageVariables.token"}
		},
		"source without name": func(c *jwtauth.Config) {
			c.Sources = []string{"route.request.header."}
		},
		"private key": func(c *jwtauth.Config) {
			c.Keys = []crypto.PublicKey{s.private}
		},
		"weak RSA key": func(c *jwtauth.Config) {
			c.Keys = []crypto.PublicKey{weak}
		},
		"empty RSA key": func(c *jwtauth.Config) {
			c.Keys = []crypto.PublicKey{&rsa.PublicKey{}}
		},
		"empty ECDSA key": func(c *jwtauth.Config) {
			c.Keys = []crypto.PublicKey{&ecdsa.PublicKey{}}
		},
		"curve without algorithm": func(c *jwtauth.Config) {
			c.Keys = []crypto.PublicKey{&p224.PublicKey}
		},
		"short Ed25519 key": func(c *jwtauth.Config) {
			c.Keys = []crypto.PublicKey{ed25519.PublicKey("x")}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			c := withKey(s)
			change(&c)
			a, err := jwtauth.New(t.Context(), c)
			if a != nil || err == nil || !strings.HasPrefix(err.Error(), "jwtauth: ") {
				t.Errorf("New = %v, %v", a, err)
			}
		})
	}
}

func TestNoLeeway(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	c := withKey(s)
	c.Leeway = -1
	expired := s.token(t, jwt.MapClaims{"exp": time.Now().Add(-time.Second).Unix()})
	if _, err := ask(newAuthorizer(t, c), expired); status(err) != 401 {
		t.Errorf("Authorize: %v", err)
	}
}
