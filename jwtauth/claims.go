package jwtauth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
)

// identify checks the claims that concern the application. The token's signature and times have
// been verified.
func (a *Authorizer) identify(claims jwt.MapClaims) (tyg.Identity, error) {
	if !a.audienceMatches(claims) {
		return tyg.Identity{}, unauthorized("the token is for another audience")
	}
	principal, _ := claims["sub"].(string)
	if principal == "" {
		return tyg.Identity{}, unauthorized("the token has no subject")
	}
	if missing := a.missingScope(claims); missing != "" {
		return tyg.Identity{}, fmt.Errorf("%w: the token lacks the scope %q", tyg.ErrForbidden, missing)
	}
	id := tyg.Identity{Principal: principal, Context: make(map[string]any, len(a.config.Claims))}
	for _, name := range a.config.Claims {
		if v := value(claims[name]); v != nil {
			id.Context[name] = v
		}
	}
	return id, nil
}

// audienceMatches reports whether the token was made for this application.
func (a *Authorizer) audienceMatches(claims jwt.MapClaims) bool {
	if len(a.config.Audience) == 0 {
		return true
	}
	for _, audience := range stringsOf(claims[a.config.AudienceClaim]) {
		if slices.Contains(a.config.Audience, audience) {
			return true
		}
	}
	return false
}

// missingScope returns a scope that is required and not granted, or "".
func (a *Authorizer) missingScope(claims jwt.MapClaims) string {
	var granted []string
	for _, name := range []string{"scope", "scp"} {
		for _, text := range stringsOf(claims[name]) {
			granted = append(granted, strings.Fields(text)...)
		}
	}
	for _, scope := range a.config.Scopes {
		if !slices.Contains(granted, scope) {
			return scope
		}
	}
	return ""
}

// stringsOf returns the strings of a claim that is a string or a list.
func stringsOf(claim any) []string {
	if s, ok := claim.(string); ok {
		return []string{s}
	}
	list, _ := claim.([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// value converts a claim for a tyg.Identity. It returns nil if there is none.
func value(claim any) any {
	switch claim := claim.(type) {
	case nil, string, bool:
		return claim
	case json.Number:
		return number(claim)
	}
	b, err := json.Marshal(claim)
	if err != nil {
		return nil // cannot happen, because the claim came from JSON
	}
	return string(b)
}

// number returns n as an int64 or float64, or as a string if neither can represent it.
func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}
