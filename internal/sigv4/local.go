package sigv4

import (
	"net"
	"net/http"
	"net/netip"
)

// IsLocal reports whether a program on this machine sent r to a loopback address by that address
// or as "localhost". Where there are no secrets to verify with, such a program may call with any
// [WellFormed] signature.
//
// A request with a header of a browser or of a proxy is not local, because both may carry what a
// remote party wrote. The Host is checked because the DNS name of a web page may point to a
// loopback address (DNS rebinding).
func IsLocal(r *http.Request) bool {
	for _, name := range []string{
		"Origin", "Sec-Fetch-Site", // browsers
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", // proxies
	} {
		if len(r.Header.Values(name)) > 0 { // a client may have put an empty one before a proxy's
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && isLoopbackHost(r.Host)
}

// isLoopbackHost reports whether a host, with or without port, is a loopback address or localhost.
func isLoopbackHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
