package jwtauth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
)

const (
	headerSource   = "route.request.header."
	querySource    = "route.request.querystring."
	protocolHeader = "Sec-WebSocket-Protocol"
)

// A source returns the token in one part of a handshake, or "".
type source func(r *tyg.Request) string

func parseSource(expr string) (source, error) {
	if name, ok := strings.CutPrefix(expr, querySource); ok && name != "" {
		return func(r *tyg.Request) string { return r.Query.Get(name) }, nil
	}
	name, ok := strings.CutPrefix(expr, headerSource)
	switch {
	case !ok || name == "":
		return nil, fmt.Errorf("source %q: want %sNAME or %sNAME", expr, headerSource, querySource)
	case strings.EqualFold(name, "Authorization"):
		return bearer, nil
	case strings.EqualFold(name, protocolHeader):
		return subprotocol, nil
	}
	return func(r *tyg.Request) string { return r.Header.Get(name) }, nil
}

// bearer reads "Bearer TOKEN" (RFC 6750 section 2.1). The scheme is case-insensitive (RFC 9110
// section 11.1).
func bearer(r *tyg.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// subprotocol returns the subprotocol offered after "bearer". Every character of a token may be
// part of a subprotocol's name (RFC 6455 section 4.1, RFC 7515 section 3.1), so it needs no further
// encoding.
func subprotocol(r *tyg.Request) string {
	i := slices.Index(r.Subprotocols, "bearer")
	if i < 0 || i+1 == len(r.Subprotocols) {
		return ""
	}
	return r.Subprotocols[i+1]
}
