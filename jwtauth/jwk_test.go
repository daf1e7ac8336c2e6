package jwtauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// TestKeysOfASet changes one key of a set. A set without any good key is a failure of the issuer;
// so each has another good one beside.
func TestKeysOfASet(t *testing.T) {
	r, e, d := newSigner(t, "k", "RS256"), newSigner(t, "k", "ES256"), newSigner(t, "k", "EdDSA")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	long := newSigner(t, "", "ES384").jwk(t)
	tests := []struct {
		name   string
		signer signer
		change map[string]any // null removes
		status int
	}{
		{"RSA", r, nil, 200},
		{"EC", e, nil, 200},
		{"OKP", d, nil, 200},
		{"no use", r, map[string]any{"use": nil, "alg": nil}, 200},
		{"may verify", e, map[string]any{"key_ops": []string{"verify"}}, 200},
		{"unknown members", d, map[string]any{"x5t": "x", "ext": true}, 200},

		{"for encryption", r, map[string]any{"use": "enc"}, 401},
		{"may not verify", e, map[string]any{"key_ops": []string{"sign"}}, 401},
		{"for another algorithm", r, map[string]any{"alg": "PS256"}, 401},
		{"other key id", d, map[string]any{"kid": "K"}, 401},
		{"no key id", d, map[string]any{"kid": nil}, 401},
		{"unknown type", d, map[string]any{"kty": "AKP"}, 401},
		{"secret", d, map[string]any{"kty": "oct", "k": "c2VjcmV0"}, 401},
		{"unknown curve of EC", e, map[string]any{"crv": "secp256k1"}, 401},
		{"unknown curve of OKP", d, map[string]any{"crv": "X25519"}, 401},
		{"not on the curve", e, map[string]any{"x": e.jwk(t)["y"], "y": e.jwk(t)["x"]}, 401},
		{"on another curve", e, map[string]any{"crv": "P-384", "x": long["x"], "y": long["y"]}, 401},
		{"no point", e, map[string]any{"x": nil, "y": nil}, 401},
		{"short", d, map[string]any{"x": "AAAA"}, 401},
		{"not base64url", d, map[string]any{"x": "+/+/"}, 401},
		{"not text", d, map[string]any{"x": 7}, 401},
		{"weak", r, map[string]any{"n": b64(weak.N.Bytes())}, 401},
		{"no modulus", r, map[string]any{"n": nil}, 401},
		{"exponent 1", r, map[string]any{"e": "AQ"}, 401},
		{"even exponent", r, map[string]any{"e": "AQAA"}, 401},
		{"huge exponent", r, map[string]any{"e": "AQAAAAAAAAAAAQAB"}, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := &issuer{code: 200, body: changed(t, tt.signer, tt.change)}
			a := newAuthorizer(t, i.config())
			if _, err := ask(a, tt.signer.token(t, nil)); status(err) != tt.status {
				t.Errorf("Authorize: %v, want status %d", err, tt.status)
			}
		})
	}
}

// changed publishes s with changes, next to an invalid key and a valid one.
func changed(t *testing.T, s signer, change map[string]any) string {
	t.Helper()
	j := make(map[string]any)
	for name, v := range s.jwk(t) {
		j[name] = v
	}
	maps.Copy(j, change)
	other := newSigner(t, "other", "EdDSA").jwk(t)
	b, err := json.Marshal(map[string]any{"keys": []any{7, nil, j, other}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTokenWithoutKeyID(t *testing.T) {
	one := newSigner(t, "1", "EdDSA")
	two, three := newSigner(t, "2", "ES256"), newSigner(t, "3", "ES256")
	four := newSigner(t, "4", "ES384")
	i := &issuer{code: 200, body: keySet(t, one, two, three, four)}
	a := newAuthorizer(t, i.config())
	for _, tt := range []struct {
		signer signer
		status int
	}{{one, 200}, {two, 401}, {four, 200}} {
		token := sign(t, tt.signer.alg, tt.signer.private, nil, claims(jwt.MapClaims{}))
		if _, err := ask(a, token); status(err) != tt.status {
			t.Errorf("%s: %v, want status %d", tt.signer.alg, err, tt.status)
		}
	}
}
