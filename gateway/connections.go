package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// isConnections reports whether r is for the @connections API.
func (s *Server) isConnections(r *http.Request) bool {
	_, _, ok := apigw.SplitConnectionsPath(r.URL.EscapedPath())
	return ok
}

// serveConnections serves the @connections API: POST sends, GET tells, DELETE closes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html)
func (s *Server) serveConnections(w http.ResponseWriter, r *http.Request) {
	body, err := s.readBody(w, r)
	if err != nil {
		apigw.WriteError(w, err)
		return
	}
	if err := s.authorize(r, body); err != nil {
		s.log.Warn("@connections call refused", "method", r.Method, "from", r.RemoteAddr, "err", err)
		apigw.WriteError(w, err)
		return
	}
	stage, id, _ := apigw.SplitConnectionsPath(r.URL.EscapedPath())
	if stage != "" && stage != s.stage() {
		apigw.WriteError(w, apigw.DenyPath())
		return
	}
	if err := s.manage(w, r, id, body); err != nil {
		apigw.WriteError(w, err)
	}
}

// manage does what the method says.
func (s *Server) manage(w http.ResponseWriter, r *http.Request, id tyg.ConnID, body []byte) error {
	switch r.Method {
	case http.MethodPost:
		return s.sender.Send(r.Context(), id, body)
	case http.MethodGet:
		info, err := s.sender.Info(r.Context(), id)
		if err == nil {
			apigw.WriteInfo(w, info)
		}
		return err
	case http.MethodDelete:
		err := s.sender.Close(r.Context(), id)
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	}
	return apigw.DenyUnsigned() // what API Gateway says of a method it lacks
}

// readBody reads a payload, and no more of it than could be sent.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	src := r.Body
	if limit := s.limits.Message; limit > 0 {
		src = http.MaxBytesReader(w, r.Body, int64(limit))
	}
	body, err := io.ReadAll(src)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tyg.ErrTooLarge
	}
	return body, err
}

func (s *Server) authorize(r *http.Request, body []byte) error {
	if s.Authorize != nil {
		return s.Authorize(r, body)
	}
	return onlyThisMachine(r)
}

// onlyThisMachine lets through what a program on this machine sends to a loopback address by its own
// name. A page in a browser sends an Origin, or a Host of its own when its DNS points here; a proxy
// says for whom it speaks. Both may carry the words of strangers.
func onlyThisMachine(r *http.Request) error {
	if !peerAddr(r).IsLoopback() || !isLoopbackHost(r.Host) {
		return apigw.DenyUnsigned()
	}
	for _, name := range []string{
		"Origin", "Sec-Fetch-Site", "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip",
	} {
		if r.Header.Get(name) != "" {
			return apigw.DenyUnsigned()
		}
	}
	return nil
}

func isLoopbackHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
