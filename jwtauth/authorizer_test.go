package jwtauth_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/jwtauth"
)

func TestEveryAlgorithm(t *testing.T) {
	algs := []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
	}
	for _, alg := range algs {
		t.Run(alg, func(t *testing.T) {
			s := newSigner(t, "k", alg)
			i := &issuer{code: 200, body: keySet(t, s)}
			for _, c := range []jwtauth.Config{i.config(), withKey(s)} {
				id, err := ask(newAuthorizer(t, c), s.token(t, nil))
				if err != nil || id.Principal != "ann" {
					t.Errorf("Authorize = %v, %v", id, err)
				}
			}
		})
	}
}

func TestSecret(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	a := newAuthorizer(t, jwtauth.Config{Secret: secret})
	if _, err := ask(a, sign(t, "HS256", secret, nil, claims(nil))); err != nil {
		t.Errorf("a token signed with the secret: %v", err)
	}
	other := []byte(strings.Repeat("x", 32))
	if _, err := ask(a, sign(t, "HS256", other, nil, claims(nil))); status(err) != 401 {
		t.Errorf("a token signed with another secret: %v", err)
	}
	long := slices.Concat(secret, secret)
	if _, err := ask(a, sign(t, "HS512", secret, nil, claims(nil))); status(err) != 401 {
		t.Errorf("an algorithm that was not asked for: %v", err)
	}
	a = newAuthorizer(t, jwtauth.Config{Secret: long, Algorithms: []string{"HS512"}})
	if _, err := ask(a, sign(t, "HS512", long, nil, claims(nil))); err != nil {
		t.Errorf("an algorithm that was asked for: %v", err)
	}
	long[0] = 'x'
	token := sign(t, "HS512", slices.Concat(secret, secret), nil, claims(nil))
	if _, err := ask(a, token); err != nil {
		t.Errorf("the caller's slice was kept: %v", err)
	}
}

// TestRefusals has one good token, and everything that can be wrong with it.
func TestRefusals(t *testing.T) {
	s, other := newSigner(t, "k", "RS256"), newSigner(t, "k", "RS256")
	public := s.private.Public().(*rsa.PublicKey)
	now := time.Now()
	good := s.token(t, nil)
	parts := strings.Split(good, ".")
	with := func(name string, v any) string { return s.token(t, jwt.MapClaims{name: v}) }
	header := func(name string, v any) string {
		return sign(t, "RS256", s.private, jwt.MapClaims{"kid": "k", name: v}, claims(nil))
	}
	under := func(alg string, key any) string {
		return sign(t, alg, key, jwt.MapClaims{"kid": "k"}, claims(nil))
	}
	bob := strings.Split(other.token(t, jwt.MapClaims{"sub": "bob"}), ".")
	none := under("none", jwt.UnsafeAllowNoneSignatureType)
	tests := []struct {
		name   string
		token  string
		status int
	}{
		{"good", good, 200},
		{"several audiences", with("aud", []string{"web", "chat"}), 200},
		{"expired within the leeway", with("exp", now.Add(-5*time.Second).Unix()), 200},
		{"early within the leeway", with("nbf", now.Add(5*time.Second).Unix()), 200},

		{"expired", with("exp", now.Add(-time.Minute).Unix()), 401},
		{"no expiry", with("exp", nil), 401},
		{"expiry of the wrong type", with("exp", "tomorrow"), 401},
		{"not valid yet", with("nbf", now.Add(time.Minute).Unix()), 401},
		{"wrong issuer", with("iss", "https://evil.example.com/"), 401},
		{"no issuer", with("iss", nil), 401},
		{"issuers in a list", with("iss", []string{issuerURL}), 401},
		{"wrong audience", with("aud", "web"), 401},
		{"no audience", with("aud", nil), 401},
		{"audience of the wrong type", with("aud", 1), 401},
		{"no subject", with("sub", nil), 401},
		{"empty subject", with("sub", ""), 401},
		{"subject of the wrong type", with("sub", 7), 401},

		{"bad signature", other.token(t, nil), 401},
		{"changed claims", parts[0] + "." + bob[1] + "." + parts[2], 401},
		{"signature cut off", parts[0] + "." + parts[1] + ".", 401},
		{"no signature", parts[0] + "." + parts[1], 401},
		{"none", none, 401},
		{"none with a signature", none + parts[2], 401},
		{"NONE", b64([]byte(`{"alg":"NONE","kid":"k"}`)) + "." + parts[1] + ".", 401},
		{"no algorithm", b64([]byte(`{"kid":"k"}`)) + "." + parts[1] + "." + parts[2], 401},
		{"public key as secret, PEM", under("HS256", pemOf(t, public)), 401},
		{"public key as secret, modulus", under("HS256", public.N.Bytes()), 401},
		{"other algorithm than the key's", under("PS256", s.private), 401},

		{"unknown key", header("kid", "other"), 401},
		{"key id of the wrong type", header("kid", 1), 401},
		{"key id as path", header("kid", "../../dev/null"), 401},
		{"key id as URL", header("kid", "https://evil.example.com/jwks"), 401},
		{"key id as SQL", header("kid", "' OR '1'='1"), 401},
		{"critical extension", header("crit", []string{"b64"}), 401},
		{"key of its own", selfSigned(t, "jwk", other.jwk(t)), 401},
		{"key set of its own", selfSigned(t, "jku", "https://evil.example.com/jwks"), 401},

		{"not a token", "hello", 401},
		{"empty parts", "..", 401},
		{"four parts", good + ".x", 401},
		{"null claims", sign(t, "RS256", s.private, jwt.MapClaims{"kid": "k"}, nil), 401},
		{"padding", good + "=", 401},
		{"another spelling of the signature", respelled(good), 401},
		{"too long", s.token(t, jwt.MapClaims{"x": strings.Repeat("x", 8<<10)}), 401},
	}
	i := &issuer{code: 200, body: keySet(t, s)}
	a := newAuthorizer(t, i.config())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := ask(a, tt.token)
			if got := status(err); got != tt.status {
				t.Errorf("status %d (%v), want %d", got, err, tt.status)
			}
			if err == nil {
				return
			}
			if id.Principal != "" || id.Context != nil {
				t.Errorf("refused with identity %v", id)
			}
			for part := range strings.SplitSeq(tt.token, ".") {
				if len(part) > 4 && strings.Contains(err.Error(), part) {
					t.Errorf("the error quotes the token: %v", err)
				}
			}
		})
	}
	if n := i.times(); n != 1 {
		t.Errorf("the issuer was asked %d times, want 1", n)
	}
}

// respelled sets bits of the last character that stand for nothing: 256 bytes are 341 characters
// and two bits.
func respelled(token string) string {
	last := strings.IndexByte("AQgw", token[len(token)-1])
	return token[:len(token)-1] + "BRhx"[last:last+1]
}

// selfSigned makes a token that brings its own key.
func selfSigned(t *testing.T, name string, v any) string {
	t.Helper()
	evil := newSigner(t, "evil", "RS256")
	return sign(t, "RS256", evil.private, jwt.MapClaims{"kid": "evil", name: v}, claims(nil))
}

func pemOf(t *testing.T, public *rsa.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestStaticKeysAreTriedInTurn(t *testing.T) {
	one, two := newSigner(t, "", "ES256"), newSigner(t, "x", "ES256")
	three := newSigner(t, "", "ES384")
	c := withKey(one)
	c.Keys = append(c.Keys, two.private.Public(), three.private.Public())
	a := newAuthorizer(t, c)
	for _, s := range []signer{one, two, three} {
		if _, err := ask(a, s.token(t, nil)); err != nil {
			t.Errorf("key %q of %s: %v", s.kid, s.alg, err)
		}
	}
	if _, err := ask(a, newSigner(t, "x", "ES256").token(t, nil)); status(err) != 401 {
		t.Errorf("another key: %v", err)
	}
	if _, err := ask(a, newSigner(t, "x", "RS256").token(t, nil)); status(err) != 401 {
		t.Errorf("another kind of key: %v", err)
	}
}

func TestOnAuthorizeReadsWell(t *testing.T) {
	c := withKey(newSigner(t, "", "EdDSA"))
	c.Sources = []string{"route.request.header.Authorization"}
	auth := newAuthorizer(t, c)
	app := tyg.New("app")
	app.OnAuthorize(auth.Authorize, auth.IdentitySources()...)
	if got := app.Describe().Authorizer.IdentitySources; !slices.Equal(got, c.Sources) {
		t.Errorf("identity sources %q, want %q", got, c.Sources)
	}
	if got := newAuthorizer(t, withKey(newSigner(t, "", "EdDSA"))).IdentitySources(); len(got) != 0 {
		t.Errorf("identity sources %q for three alternatives, want none", got)
	}
}
