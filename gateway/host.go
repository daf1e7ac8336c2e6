package gateway

import (
	"fmt"
	"net/http"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/hosts"
)

// CheckHosts returns why names cannot be those of a Server, or nil if they can.
func CheckHosts(names []string) error {
	_, err := hosts.Parse(names)
	return err
}

// checkHost returns why a request may not call the Server by the name in its Host header, or nil.
func (s *Server) checkHost(r *http.Request) error {
	if s.hosts.Empty() || s.hosts.Has(r.Host) {
		return nil
	}
	if handshake.PeerAddr(r).IsLoopback() && !hosts.IsProxied(r.Header) && hosts.IsFixed(r.Host) {
		return nil
	}
	return fmt.Errorf("host %q is not one of this server; if it is, add it to --host, or to "+
		"\"hosts\" in the configuration", r.Host)
}

// refuseHost answers a request that err of checkHost refuses.
func (s *Server) refuseHost(w http.ResponseWriter, r *http.Request, err error) {
	if r.ContentLength != 0 {
		endBody(w)
	}
	c := &session{srv: s}
	c.initConn(r, handshake.SourceAddr(r, s.TrustedProxies))
	s.refuse(w, c, refusal{
		cause: forHost, status: http.StatusForbidden, message: apigw.Forbidden, log: err.Error(),
	})
}
