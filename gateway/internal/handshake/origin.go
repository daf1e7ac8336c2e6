package handshake

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Origins says which web pages may connect. A browser sends the Origin of the page whose script
// opens a WebSocket and, unlike for other requests, lets any page open one to any server: an
// application that relies on cookies must look at it (RFC 6455 section 10.2).
type Origins struct {
	all      bool
	patterns []originPattern
}

// originPattern is an allowed origin, cut at its "*" if it has one.
type originPattern struct {
	before, after string
	wild          bool
}

// ParseOrigins reads origins such as https://example.com and https://*.example.com; * allows all.
func ParseOrigins(origins []string) (Origins, error) {
	var p Origins
	for _, o := range origins {
		if o == "*" {
			p.all = true
			continue
		}
		u, err := url.Parse(strings.Replace(o, "*", "x", 1))
		if err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return p, fmt.Errorf("origin %q: want scheme and host such as "+
				"https://example.com or https://*.example.com, or * for all", o)
		}
		o = strings.ToLower(strings.TrimRight(o, "/"))
		before, after, wild := strings.Cut(o, "*")
		p.patterns = append(p.patterns, originPattern{before, after, wild})
	}
	return p, nil
}

// Allows reports whether the page that r comes from may connect. Clients that are not browsers send
// no Origin and need none.
func (p Origins) Allows(r *http.Request) bool {
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
