package jwtauth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tyg-dev/tyg"
)

// identify judges the claims that concern the application, of a token that is genuine and current.
func (a *Authorizer) identify(claims jwt.MapClaims) (tyg.Identity, error) {
	if !a.addressed(claims) {
		return tyg.Identity{}, unauthorized("the token is for another audience")
	}
	principal, _ := claims["sub"].(string)
	if principal == "" {
		return tyg.Identity{}, unauthorized("the token has no subject")
	}
	if missing := a.missing(claims); missing != "" {
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

// addressed reports whether the token was made for this application.
func (a *Authorizer) addressed(claims jwt.MapClaims) bool {
	if len(a.config.Audience) == 0 {
		return true
	}
	for _, audience := range texts(claims[a.config.AudienceClaim]) {
		if slices.Contains(a.config.Audience, audience) {
			return true
		}
	}
	return false
}

// missing returns a scope that is needed and not granted, or "".
func (a *Authorizer) missing(claims jwt.MapClaims) string {
	var granted []string
	for _, name := range []string{"scope", "scp"} {
		for _, text := range texts(claims[name]) {
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

// texts returns the strings of a claim that is a string or a list.
func texts(claim any) []string {
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

// value returns a claim as a tyg.Identity may hold it, nil if there is none.
func value(claim any) any {
	switch claim := claim.(type) {
	case nil, string, bool:
		return claim
	case json.Number:
		return number(claim)
	}
	b, err := json.Marshal(claim)
	if err != nil {
		return nil // it came from JSON, so it goes back
	}
	return string(b)
}

// number keeps as a string what no number of Go's can hold.
func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}
