package gateway

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
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
func (s *Server) serveManagement(w http.ResponseWriter, r *http.Request) {
	defer s.limitWrite(w) // the answer is in a buffer until then
	stage, id, _ := apigw.SplitConnectionsPath(r.URL.EscapedPath())
	body, err := s.readCall(w, r, apiCall{"@connections", stage, s.limits.Message})
	if err == nil {
		err = s.serveMethod(w, r, id, body)
	}
	if err != nil {
		apigw.WriteError(w, err)
	}
}

// An apiCall is a call of @connections or an API beside it.
type apiCall struct {
	api, stage string
	limit      int // of the body, in bytes; 0: none
}

// readCall returns the body of a call, or why the caller may not make it.
func (s *Server) readCall(w http.ResponseWriter, r *http.Request, c apiCall) ([]byte, error) {
	body, err := s.readBody(w, r, c.limit)
	if err != nil {
		return nil, err
	}
	headConnOf(r).setHandling(true)
	if err := s.checkCaller(r, body); err != nil {
		s.log.Warn(c.api+" call refused", "method", r.Method, "from", r.RemoteAddr, "err", err)
		return nil, err
	}
	if c.stage != "" && c.stage != s.stage() {
		return nil, apigw.DenyPath()
	}
	return body, nil
}

// serveMethod does what the method of r asks for.
func (s *Server) serveMethod(
	w http.ResponseWriter, r *http.Request, id tyg.ConnID, body []byte,
) error {
	switch r.Method {
	case http.MethodPost:
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if media == apigw.BinaryContentType {
			return s.sender.Send(r.Context(), id, body, tyg.Binary)
		}
		return s.sender.Send(r.Context(), id, body)
	case http.MethodGet:
		info, err := s.sender.Info(r.Context(), id)
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

// readBody reads a payload of at most so many bytes, if limit is not 0, and for no longer than a
// message may take. The signature covers the body, so it is read before the caller is known.
func (s *Server) readBody(
	w http.ResponseWriter, r *http.Request, limit int,
) (body []byte, err error) {
	if d := s.limits.Read; d > 0 {
		// Without a socket, as in tests, this fails. After the body the http.Server removes the deadline.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
	}
	defer func() {
		if err != nil {
			endBody(w)
		}
	}()
	src := r.Body
	if limit > 0 {
		src = http.MaxBytesReader(w, r.Body, int64(limit))
	}
	body, err = io.ReadAll(src)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tyg.ErrTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
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
		return s.sender.Close(r.Context(), id)
	}
	code, err := strconv.Atoi(query.Get("code"))
	if err != nil || !ws.ValidCloseCode(code) || len(query.Get("reason")) > maxCloseReason {
		return &apigw.Denied{
			Status: http.StatusBadRequest, Type: "BadRequestException",
			Message: "code must be a close code of RFC 6455 section 7.4, and reason at most 123 bytes",
		}
	}
	return s.CloseWith(r.Context(), id, tyg.CloseCode(code), query.Get("reason"))
}

// checkCaller returns an error unless the call is signed by a caller that may make it.
func (s *Server) checkCaller(r *http.Request, body []byte) error {
	var err error
	switch {
	case s.Secrets != nil:
		_, err = s.verifier().Verify(r, body)
	case sigv4.IsLocal(r):
		err = sigv4.WellFormed(r)
	default:
		return apigw.DenyUnsigned()
	}
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
