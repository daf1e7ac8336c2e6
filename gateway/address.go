package gateway

import (
	"net/http"
	"net/netip"
	"strings"
)

// sourceAddr returns the client's address. X-Forwarded-For is read from its end, where the nearest
// proxy has written, for as long as the writer is a trusted proxy: what is further left, anybody
// may have made up.
func sourceAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := peerAddr(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for len(hops) > 0 && contains(trusted, addr) {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			break
		}
		addr, hops = next.Unmap(), hops[:len(hops)-1]
	}
	return addr
}

// peerAddr returns the address of the other end of the socket, or the zero Addr where there is
// none, as in tests without a network.
func peerAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// addrText is what events call a source address.
func addrText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
