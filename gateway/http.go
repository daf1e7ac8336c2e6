package gateway

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/home"
	"github.com/tyg-dev/tyg/internal/hostapi"
	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/otherapi"
)

// ServeHTTP accepts a WebSocket, or serves a call of the @connections API or of the API for groups
// and values beside it (docs/groups-api.md). What is for none of them goes to s.HTTP.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.Start(); err != nil {
		cmp.Or(s.Logger, slog.Default()).Error("gateway cannot serve", "err", err)
		endBody(w)
		writeRefusal(w, refusal{status: http.StatusInternalServerError})
		return
	}
	c := headConnOf(r)
	defer c.setHandling(false)
	defer c.setFree(false)
	c.setServed()
	stage, resource, shared := hostapi.SplitPath(r.URL.EscapedPath())
	if err := s.checkHost(r); err != nil {
		local := handshake.PeerAddr(r).IsLoopback() && !hosts.IsProxied(r.Header)
		if !local || !shared && !s.isManagement(r) { // functions here call it as AWS would have them
			s.refuseHost(w, r, err)
			return
		}
	}
	if s.isManagement(r) {
		c.setFree(true)
		s.serveManagement(w, r, signer)
		return
	}
	if shared {
		c.setFree(true)
		s.serveShared(w, r, stage, resource, signer)
		return
	}
	if s.HTTP != nil && !s.isHandshake(r) {
		c.setFree(true)
		s.serveHTTP(w, r)
		return
	}
	if r.ContentLength == 0 {
		c.setHandling(true)
	} else {
		endBody(w)
	}
	s.limitWrite(w)
	if s.Home != nil && home.Wants(r) {
		c.setFree(true)
		s.Home.ServeHTTP(w, r)
		return
	}
	if !s.isHandshake(r) && otherapi.Refuse(w, r) {
		s.log.Info(otherapi.Message, "method", r.Method, "path", r.URL.Path)
		return
	}
	names := sentNames(r)
	c.setFree(true)
	s.accept(&session{srv: s}, w, r, names)
}

// ServeFunction serves a call of the @connections API or of the API for groups and values, by a
// function whose host knows that it is its own: the call needs no signature, and no request of the
// network may reach this method.
func (s *Server) ServeFunction(w http.ResponseWriter, r *http.Request) {
	if err := s.Start(); err != nil {
		apigw.WriteError(w, err)
		return
	}
	if s.isManagement(r) {
		s.serveManagement(w, r, function)
		return
	}
	stage, resource, shared := hostapi.SplitPath(r.URL.EscapedPath())
	if !shared {
		apigw.WriteError(w, apigw.DenyPath())
		return
	}
	s.serveShared(w, r, stage, resource, function)
}

// isHandshake reports whether a request is for the WebSocket, well-formed or not.
func (s *Server) isHandshake(r *http.Request) bool {
	isRoot := strings.Trim(r.URL.Path, "/") == ""
	return r.Header.Get("Upgrade") != "" || s.servesPath(r.URL.Path) && !isRoot
}

// serveHTTP lets s.HTTP serve a request. It may take its time for that, but no read of the body and
// no write of the answer may wait for the client for longer than Limits.Read and Limits.Write.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c := headConnOf(r)
	if r.ContentLength == 0 {
		c.setHandling(true)
		s.HTTP.ServeHTTP(w, r)
		return
	}
	c.limitReads(s.limits.Read)
	own := *r
	own.Body = &endingBody{r.Body, func() { c.setHandling(true) }}
	s.HTTP.ServeHTTP(w, &own)
	endBody(w)
}

// An endingBody calls a function at the end of a body.
type endingBody struct {
	io.ReadCloser
	ended func()
}

// Read calls ended where the body ends.
func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended()
	}
	return n, err
}

// endBody bounds how long an http.Server waits, before and after it answers, for the rest of a body
// that is not read. If it does not come, it closes the connection.
func endBody(w http.ResponseWriter) {
	// Fails where there is no socket, as in tests.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingerTime))
}

// limitWrite bounds how long the client of an http.Server may take to receive the answer to its
// request. The http.Server itself counts from the request, and so the time of handlers, too.
func (s *Server) limitWrite(w http.ResponseWriter) {
	if limit := s.limits.Write; limit > 0 {
		// Fails where there is no http.Server.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
	}
}
