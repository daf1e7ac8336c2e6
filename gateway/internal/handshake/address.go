package handshake

import (
	"net/http"
	"net/netip"
	"strings"
)

// SourceAddr returns the client's address. X-Forwarded-For is read from its end, where the nearest
// proxy has written, for as long as the writer is a trusted proxy: the client may have forged what
// is further left.
func SourceAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := PeerAddr(r)
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

// PeerAddr returns the address of the other end of the socket, or the zero Addr where there is
// none, as in tests without a network.
func PeerAddr(r *http.Request) netip.Addr {
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

// AddrText returns addr as events carry it: empty for the zero Addr.
func AddrText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
