package handshake

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// SourceAddr returns the client's address. X-Forwarded-For is read from its end, where the nearest
// proxy has written, for as long as the writer is a trusted proxy: the client may have forged what
// is further left. An element that is no address, such as "unknown", ends that.
func SourceAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := PeerAddr(r)
	if !contains(trusted, addr) {
		return addr
	}
	for _, hop := range slices.Backward(forwarded(r.Header)) {
		next, ok := parseHop(hop)
		if !ok {
			return addr
		}
		if addr = next; !contains(trusted, addr) {
			return addr
		}
	}
	return addr
}

// ForwardedFor returns X-Forwarded-For as the gateway passes it on: what came, and the address of
// the other end of the socket. It is empty if there is neither.
func ForwardedFor(r *http.Request) string {
	hops := forwarded(r.Header)
	if peer := AddrText(PeerAddr(r)); peer != "" {
		hops = append(hops, peer)
	}
	return strings.Join(hops, ", ")
}

// forwarded returns the elements of X-Forwarded-For, without those that are empty (RFC 9110 section
// 5.6.1.2).
func forwarded(h http.Header) []string {
	var hops []string
	for _, line := range h.Values("X-Forwarded-For") {
		for hop := range strings.SplitSeq(line, ",") {
			if hop = strings.Trim(hop, " \t"); hop != "" {
				hops = append(hops, hop)
			}
		}
	}
	return hops
}

// parseHop parses an element of X-Forwarded-For: an address, in brackets or not, with a port or
// not, and all of that in quotes or not, as in Forwarded (RFC 7239 section 6). Azure's gateway and
// AWS's load balancers write ports.
// (https://learn.microsoft.com/en-us/azure/application-gateway/how-application-gateway-works,
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html)
func parseHop(s string) (netip.Addr, bool) {
	if n := len(s) - 1; n > 0 && s[0] == '"' && s[n] == '"' {
		s = s[1:n]
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return plain(ap.Addr()), true
	}
	if n := len(s) - 1; n > 0 && s[0] == '[' && s[n] == ']' && strings.Contains(s, ":") {
		s = s[1:n]
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, false
	}
	return plain(addr), true
}

// plain returns addr in the one form that is compared and counted: an IPv4 address as such, and no
// zone, which names an interface of the machine that wrote it.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// PeerAddr returns the address of the other end of the socket, or the zero Addr where there is
// none, as with Unix sockets. Handlers in front that put an address without a port into RemoteAddr,
// as some do, are understood.
func PeerAddr(r *http.Request) netip.Addr {
	addr, _ := parseHop(r.RemoteAddr)
	return addr
}

// contains reports whether one of the networks has addr. A network of IPv4 addresses may be written
// as one of IPv6: ::ffff:10.0.0.0/104.
func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// AddrText returns addr as events carry it: empty for the zero Addr.
func AddrText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
