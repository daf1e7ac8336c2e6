package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
	"github.com/tyg-dev/tyg/internal/reqbody"
	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/internal/ws"
)

// isManagement reports whether r is a call of the @connections API.
func (s *Server) isManagement(r *http.Request) bool {
	_, _, ok := apigw.SplitConnectionsPath(r.URL.EscapedPath())
	return ok
}

// serveManagement serves the @connections API: POST sends, GET describes, DELETE closes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html)
func (s *Server) serveManagement(w http.ResponseWriter, r *http.Request, by caller) {
	defer s.limitWrite(w) // the answer is in a buffer until then
	stage, id, _ := apigw.SplitConnectionsPath(r.URL.EscapedPath())
	body, err := s.readCall(w, r, apiCall{"@connections", stage, by, s.limits.Message})
	if err == nil {
		defer body.Release()
		err = s.serveMethod(w, r, id, body.Data)
	}
	if err != nil {
		apigw.WriteError(w, err)
	}
}

// serveMethod does what the method of r asks for.
func (s *Server) serveMethod(
	w http.ResponseWriter, r *http.Request, id tyg.ConnID, body []byte,
) error {
	switch r.Method {
	case http.MethodPost:
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if media == apigw.BinaryContentType {
			return s.calls.Send(s.callContext(r), id, body, tyg.Binary)
		}
		return s.calls.Send(s.callContext(r), id, body)
	case http.MethodGet:
		info, err := s.host.Info(r.Context(), id)
		if err == nil {
			apigw.WriteInfo(w, info)
		}
		return err
	case http.MethodDelete:
		err := s.closeFromQuery(r, id)
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	}
	return apigw.DenyUnsigned() // as API Gateway for other methods
}

// An apiCall is a call of @connections or an API beside it.
type apiCall struct {
	api, stage string
	by         caller
	limit      int // of the body, in bytes; 0: none
}

// A caller is who calls an API.
type caller uint8

const (
	signer   caller = iota // proves by its signature that it may
	function               // of the host of s, which vouches for it
)

// readCall returns the body of a call, for its server to release, or why the call is refused. It
// judges the head first: a stranger's body is not read.
func (s *Server) readCall(
	w http.ResponseWriter, r *http.Request, c apiCall,
) (body *reqbody.Body, err error) {
	defer func() {
		if err != nil {
			endBody(w)
		}
	}()
	var claim claim
	if c.by == signer {
		if claim, err = s.checkHead(r); err != nil {
			return nil, s.refuseCall(r, c, err)
		}
	}
	if body, err = s.readBody(w, r, c.limit); err != nil {
		return nil, err
	}
	if err := claim.verify(body.Data); err != nil {
		body.Release()
		return nil, s.refuseCall(r, c, err)
	}
	headConnOf(r).setHandling(true)
	if c.stage != "" && c.stage != s.stage() {
		body.Release()
		return nil, apigw.DenyPath()
	}
	return body, nil
}

// The bounds of bodies that are in memory at the same time, for all calls together. Those of calls
// of functions on one machine are far below: most bodies have 1 KB and arrive with their head.
const (
	maxBodies    = 4096     // that are arriving
	maxBodyBytes = 64 << 20 // or eight of the largest messages
)

func (s *Server) initBodies() {
	s.bodies.Bodies, s.bodies.Bytes = maxBodies, max(maxBodyBytes, 8*(s.limits.Message+1))
	if limit := s.limits.Memory; limit > 0 {
		s.bodies.Bytes = min(s.bodies.Bytes, max(limit/4, s.limits.Message+1))
	}
}

// readBody reads a payload of at most limit bytes, if that is not 0, and for no longer than a
// message may take.
func (s *Server) readBody(
	w http.ResponseWriter, r *http.Request, limit int,
) (*reqbody.Body, error) {
	if d := s.limits.Read; d > 0 {
		// Without a socket, as in tests, this fails. After the body the http.Server removes the deadline.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
	}
	src := r.Body
	if limit > 0 {
		src = http.MaxBytesReader(w, r.Body, int64(limit))
	}
	body, err := s.bodies.Read(src, limit)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tyg.ErrTooLarge
	}
	switch {
	case errors.Is(err, reqbody.ErrTooLarge):
		return nil, tyg.ErrTooLarge
	case errors.Is(err, reqbody.ErrBusy):
		s.logLimited(slog.LevelWarn, "call refused: too many bodies arrive at the same time",
			"too many bodies", []any{"from", r.RemoteAddr})
		return nil, tyg.ErrThrottled
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.noteCut(atBody, "from", r.RemoteAddr)
		return nil, &apigw.Denied{
			Status: http.StatusRequestTimeout, Type: "RequestTimeoutException",
			Message: "The body did not arrive in time",
		}
	}
	return body, err
}

// closeFromQuery closes with 1000, or with the code and reason of the query if
// Extensions.CloseCodes is on.
func (s *Server) closeFromQuery(r *http.Request, id tyg.ConnID) error {
	query := handshake.ParseQuery(r.URL.RawQuery)
	if !s.Extensions.CloseCodes || !query.Has("code") {
		return s.host.Close(r.Context(), id)
	}
	code, err := strconv.Atoi(query.Get("code"))
	if err != nil || !ws.ValidCloseCode(code) || len(query.Get("reason")) > maxCloseReason {
		return &apigw.Denied{
			Status: http.StatusBadRequest, Type: "BadRequestException",
			Message: "code must be a close code of RFC 6455 section 7.4, and reason at most 123 bytes",
		}
	}
	closer, ok := s.host.(closer)
	if !ok {
		return fmt.Errorf("close with a code: %w", errors.ErrUnsupported)
	}
	return closer.CloseWith(r.Context(), id, tyg.CloseCode(code), query.Get("reason"))
}

// A closer closes with a code of the caller's choice.
type closer interface {
	CloseWith(ctx context.Context, id tyg.ConnID, code tyg.CloseCode, reason string) error
}

// A claim is the head of a call that may be signed by a caller that is allowed. Its Claim is nil
// where there are no secrets to verify with.
type claim struct{ *sigv4.Claim }

// checkHead checks all about the caller that does not need the body.
func (s *Server) checkHead(r *http.Request) (claim, error) {
	switch {
	case s.Secrets != nil:
		c, err := s.verifier().VerifyHead(r)
		return claim{c}, err
	case sigv4.IsLocal(r):
		return claim{}, sigv4.WellFormed(r)
	}
	return claim{}, apigw.DenyUnsigned()
}

// verify verifies the signature.
func (c claim) verify(body []byte) error {
	if c.Claim == nil {
		return nil
	}
	_, err := c.VerifyBody(body)
	return err
}

// refuseCall logs why a call is refused, and returns the error for the caller.
func (s *Server) refuseCall(r *http.Request, c apiCall, err error) error {
	s.logLimited(slog.LevelWarn, c.api+" call refused", c.api+" call refused",
		[]any{"method", r.Method, "from", r.RemoteAddr, "err", err})
	if denied, ok := errors.AsType[*sigv4.Error](err); ok {
		d := apigw.Denied(*denied)
		return &d
	}
	return err
}

func (s *Server) verifier() *sigv4.Verifier {
	return &sigv4.Verifier{Keys: func(id string) (string, bool) {
		secret, ok := s.Secrets[id]
		return secret, ok
	}}
}
