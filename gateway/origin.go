package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// originPolicy says which web pages may connect. A browser sends the Origin of the page whose
// script opens a WebSocket and, unlike for other requests, lets any page open one to any server:
// whoever relies on cookies must look at it (RFC 6455 section 10.2).
type originPolicy struct {
	all      bool
	patterns []originPattern
}

// originPattern is an allowed origin, cut at its "*" if it has one.
type originPattern struct {
	before, after string
	wild          bool
}

func parseOrigins(origins []string) (originPolicy, error) {
	var p originPolicy
	for _, o := range origins {
		if o == "*" {
			p.all = true
			continue
		}
		u, err := url.Parse(strings.Replace(o, "*", "x", 1))
		if err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return p, fmt.Errorf("gateway: origin %q: want scheme and host such as "+
				"https://example.com or https://*.example.com, or * for all", o)
		}
		o = strings.ToLower(strings.TrimRight(o, "/"))
		before, after, wild := strings.Cut(o, "*")
		p.patterns = append(p.patterns, originPattern{before, after, wild})
	}
	return p, nil
}

// allows reports whether the page that r comes from may connect. Clients that are no browsers send
// no Origin and are not asked for one.
func (p originPolicy) allows(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if origin == "" || p.all {
		return true
	}
	u, err := url.Parse(origin)
	if err == nil && strings.EqualFold(u.Host, r.Host) {
		return true
	}
	for _, pattern := range p.patterns {
		if pattern.matches(origin) {
			return true
		}
	}
	return false
}

// matches compares, letting a wildcard stand for one or more characters of a host name but for no
// "/", so that "https://*.example.com" says nothing about "https://evil.net/.example.com".
func (p originPattern) matches(origin string) bool {
	if !p.wild {
		return origin == p.before
	}
	middle, ok := strings.CutPrefix(origin, p.before)
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, p.after)
	return ok && middle != "" && !strings.ContainsAny(middle, `/\?#@:`)
}
