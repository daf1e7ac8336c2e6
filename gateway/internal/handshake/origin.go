package handshake

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/hosts"
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
	anyPort       bool // before and after have no port, and each counts
}

// ParseOrigins reads origins such as https://example.com, https://*.example.com,
// http://localhost:* for any port, and null; * allows all.
func ParseOrigins(origins []string) (Origins, error) {
	var p Origins
	for _, o := range origins {
		if o == "*" {
			p.all = true
			continue
		}
		pattern, ok := parsePattern(strings.ToLower(o))
		if !ok {
			return p, fmt.Errorf("origin %q: want scheme and host such as https://example.com, "+
				"https://*.example.com or http://localhost:*, or null, or * for all", o)
		}
		p.patterns = append(p.patterns, pattern)
	}
	return p, nil
}

func parsePattern(o string) (p originPattern, ok bool) {
	if isOpaque(o) {
		return originPattern{before: o}, true
	}
	o, p.anyPort = strings.CutSuffix(strings.TrimRight(o, "/"), ":*")
	_, host, ok := splitOrigin(strings.Replace(o, "*", "x", 1))
	if _, _, hasPort := cutPort(host); hasPort && p.anyPort {
		return p, false
	}
	p.before, p.after, p.wild = strings.Cut(o, "*")
	return p, ok
}

// isOpaque reports whether an origin has no host: browsers send null for pages that were opened as
// files and for frames in a sandbox (https://html.spec.whatwg.org/multipage/browsers.html#origin),
// and programs that have one inside, such as Electron's, send file:// in its place.
func isOpaque(origin string) bool { return origin == "null" || origin == "file://" }

// Check returns nil if the page that r comes from may connect, else why not. Clients that are not
// browsers send no Origin and need none.
//
// A page of the server's own host may connect. If r comes from this machine without a proxy, the
// host must be an address, a name of loopback, or one of own as well: the owner of any other name
// can point it here once a page from there is loaded (DNS rebinding).
func (p Origins) Check(r *http.Request, own hosts.List) error {
	sent := r.Header.Values("Origin")
	if p.all || len(sent) == 0 || len(sent) == 1 && sent[0] == "" {
		return nil
	}
	origin := strings.ToLower(sent[0])
	scheme, host, ok := splitOrigin(origin)
	if !ok && !isOpaque(origin) || len(sent) > 1 {
		return fmt.Errorf("origin %q may not connect: no page has it", strings.Join(sent, ", "))
	}
	for _, pattern := range p.patterns {
		if pattern.matches(origin) {
			return nil
		}
	}
	if isOpaque(origin) {
		return fmt.Errorf("origin %q may not connect, which pages opened as files and frames in a "+
			"sandbox have; %s", sent[0], howToAllow(origin))
	}
	if (scheme != "http" && scheme != "https") || !strings.EqualFold(host, r.Host) {
		return fmt.Errorf("origin %q may not connect; %s", sent[0], howToAllow(origin))
	}
	if PeerAddr(r).IsLoopback() && !hosts.IsProxied(r.Header) && !hosts.IsFixed(host) &&
		!own.Has(host) {
		return fmt.Errorf("origin %q may not connect to a loopback address by that name, which may "+
			"be another site's (DNS rebinding); %s, or let the proxy in front send X-Forwarded-For",
			sent[0], howToAllow(origin))
	}
	return nil
}

// howToAllow says where an origin is allowed: the flag of "tyg local" and host.Run, and the key of
// "tyg local" and "tyg gateway".
func howToAllow(origin string) string {
	return fmt.Sprintf("if its pages are yours, allow it with --origin %s, or with \"origins\" in "+
		"the configuration", origin)
}

// splitOrigin splits an origin in lower case as browsers write it, which is scheme, host and port
// and nothing else (RFC 6454 section 6.2; names are in Punycode there). A URL may have much more,
// such as https://user@host or https://host%23.example.com.
func splitOrigin(s string) (scheme, hostport string, ok bool) {
	const letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	scheme, hostport, ok = strings.Cut(s, "://")
	if !ok || scheme == "" || !onlyOf(scheme, letters+digits+"+-.") {
		return "", "", false
	}
	host, port, hasPort := cutPort(hostport)
	if _, err := strconv.ParseUint(port, 10, 16); hasPort && err != nil {
		return "", "", false
	}
	if inner, isV6 := strings.CutPrefix(host, "["); isV6 {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		ok = err == nil && addr.Is6() && addr.Zone() == "" && strings.HasSuffix(inner, "]")
		return scheme, hostport, ok
	}
	ok = host != "" && onlyOf(host, letters+digits+"-._")
	return scheme, hostport, ok
}

// cutPort cuts the port from a host, which may be an address in brackets.
func cutPort(hostport string) (host, port string, ok bool) {
	at := strings.LastIndexByte(hostport, ':')
	if at < 0 || strings.HasSuffix(hostport, "]") {
		return hostport, "", false
	}
	return hostport[:at], hostport[at+1:], true
}

// onlyOf reports whether s has no other bytes than those of set.
func onlyOf(s, set string) bool {
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) < 0 {
			return false
		}
	}
	return true
}

// matches compares, letting a wildcard stand for one or more characters of a host name but for no
// ":", so that "http://localhost*" allows no other port.
func (p originPattern) matches(origin string) bool {
	if p.anyPort {
		scheme, host, _ := strings.Cut(origin, "://")
		host, _, _ = cutPort(host)
		origin = scheme + "://" + host
	}
	if !p.wild {
		return origin == p.before
	}
	middle, ok := strings.CutPrefix(origin, p.before)
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, p.after)
	return ok && middle != "" && !strings.ContainsAny(middle, ":[]")
}
