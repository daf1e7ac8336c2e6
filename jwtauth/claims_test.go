package jwtauth_test

import (
	"maps"
	"math/big"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestScopes(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	c := withKey(s)
	c.Scopes = []string{"chat:read", "chat:write"}
	a := newAuthorizer(t, c)
	tests := []struct {
		name   string
		claims jwt.MapClaims
		status int
	}{
		{"both", jwt.MapClaims{"scope": "openid chat:write chat:read"}, 200},
		{"both, in a list", jwt.MapClaims{"scp": []string{"chat:write", "chat:read"}}, 200},
		{"one in each", jwt.MapClaims{"scope": "chat:read", "scp": "chat:write"}, 200},
		{"one", jwt.MapClaims{"scope": "chat:read"}, 403},
		{"part of a name", jwt.MapClaims{"scope": "chat:read chat:writers"}, 403},
		{"none", nil, 403},
		{"wrong type", jwt.MapClaims{"scope": 7, "scp": []any{1, nil}}, 403},
		{"none, and expired", jwt.MapClaims{"exp": 1}, 401},
		{"none, and no subject", jwt.MapClaims{"sub": nil}, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ask(a, s.token(t, tt.claims)); status(err) != tt.status {
				t.Errorf("Authorize: %v, want status %d", err, tt.status)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	c := withKey(s)
	c.Claims = []string{"name", "admin", "id", "ratio", "huge", "groups", "address", "null", "absent"}
	id, err := ask(newAuthorizer(t, c), s.token(t, jwt.MapClaims{
		"name":    "Ann",
		"admin":   true,
		"id":      int64(9007199254740993),
		"ratio":   0.5,
		"huge":    new(big.Int).Lsh(big.NewInt(1), 2000),
		"groups":  []string{"a", "b"},
		"address": map[string]any{"city": "Bern"},
		"null":    (*int)(nil),
		"secret":  "not asked for",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name":    "Ann",
		"admin":   true,
		"id":      int64(9007199254740993),
		"ratio":   0.5,
		"huge":    new(big.Int).Lsh(big.NewInt(1), 2000).String(),
		"groups":  `["a","b"]`,
		"address": `{"city":"Bern"}`,
	}
	if !maps.Equal(id.Context, want) {
		t.Errorf("context = %v, want %v", id.Context, want)
	}
}

func TestAudienceClaim(t *testing.T) {
	s := newSigner(t, "", "EdDSA")
	c := withKey(s)
	c.AudienceClaim = "client_id"
	a := newAuthorizer(t, c)
	if _, err := ask(a, s.token(t, jwt.MapClaims{"aud": nil, "client_id": "chat"})); err != nil {
		t.Errorf("the right client: %v", err)
	}
	if _, err := ask(a, s.token(t, nil)); status(err) != 401 {
		t.Errorf("the right audience in another claim: %v", err)
	}
}
