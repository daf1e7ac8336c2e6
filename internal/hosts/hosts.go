// Package hosts knows the names under which a server answers. A client says in the Host header
// which it wants; what it says proves nothing, except that the page of a browser comes from there.
package hosts

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// A List is names of hosts. The zero List is empty.
type List struct{ names []string }

// Parse reads names such as chat.example.com, *.example.com for all names below it, and addresses.
// Ports do not count and may not be given.
func Parse(names []string) (List, error) {
	var l List
	for _, name := range names {
		host := strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
		rest := strings.TrimPrefix(host, "*.")
		_, err := netip.ParseAddr(host)
		if rest == "" || err != nil && strings.Trim(rest, letters+"0123456789-._") != "" ||
			strings.Contains(rest, "..") || rest[0] == '.' {
			return l, fmt.Errorf("host %q: want a name without a port such as chat.example.com, "+
				"or *.example.com", name)
		}
		l.names = append(l.names, host)
	}
	return l, nil
}

const letters = "abcdefghijklmnopqrstuvwxyz"

// Empty reports whether no names are listed.
func (l List) Empty() bool { return len(l.names) == 0 }

// Has reports whether the host of a Host header or of an origin is listed, with any port.
func (l List) Has(hostport string) bool {
	host := strings.ToLower(Name(hostport))
	return slices.ContainsFunc(l.names, func(name string) bool {
		if below, ok := strings.CutPrefix(name, "*"); ok {
			return len(host) > len(below) && strings.HasSuffix(host, below)
		}
		return host == name
	})
}

// Name returns the host of a Host header, without its port, its brackets, and a last dot.
func Name(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return strings.TrimSuffix(host, ".")
}

// IsFixed reports whether no DNS decides where a host, with or without port, leads: it is an
// address, or a name of loopback (RFC 6761 section 6.3). The owner of any other name can point it
// to loopback once a page from there is loaded (DNS rebinding).
func IsFixed(hostport string) bool {
	host := strings.ToLower(Name(hostport))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// IsLoopback reports whether a host, with or without port, is this machine itself: a loopback
// address or localhost. An address without a host, such as :8000, is that of all interfaces.
func IsLoopback(hostport string) bool {
	host := Name(hostport)
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// IsProxied reports whether a proxy has passed a request on. A page cannot send these headers with
// a WebSocket, because that of browsers takes none.
func IsProxied(h http.Header) bool {
	for _, name := range []string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
	} {
		if len(h.Values(name)) > 0 {
			return true
		}
	}
	return false
}
