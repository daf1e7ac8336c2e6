package sigv4

import (
	"net/http"

	"github.com/tyg-dev/tyg/internal/hosts"
)

// IsLocal reports whether a program on this machine sent r to a loopback address by that address
// or as "localhost". Where there are no secrets to verify with, such a program may call with any
// [WellFormed] signature.
//
// A request with a header of a browser or of a proxy is not local, because both may carry what a
// remote party wrote. The Host is checked because the DNS name of a web page may point to a
// loopback address (DNS rebinding).
func IsLocal(r *http.Request) bool {
	for _, name := range []string{"Origin", "Sec-Fetch-Site"} { // of browsers
		if len(r.Header.Values(name)) > 0 {
			return false
		}
	}
	return !hosts.IsProxied(r.Header) && hosts.IsLoopback(r.RemoteAddr) && hosts.IsLoopback(r.Host)
}
