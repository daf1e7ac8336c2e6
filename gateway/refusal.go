package gateway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/gateway/internal/accesslog"
	"github.com/tyg-dev/tyg/internal/sock"
)

// A refusal is the answer to a handshake that does not become a connection.
type refusal struct {
	status    int
	header    http.Header
	message   string // for the client, as JSON
	body      []byte // for the client, in place of message: what the application wrote
	requestID string
	cause     refusalCause
	log       string // for the log, in place of message
	logged    bool   // as the failure of a handler
	sent      bool   // the client has it

	retry      bool // the same handshake may succeed later
	retryAfter time.Duration
}

// refuse answers a handshake, logs the refusal unless its cause is logged, and calls Trace.Refused.
// A refusal of the connect handler, which has a request id, is in the access log already.
func (s *Server) refuse(w http.ResponseWriter, c *session, rej refusal) {
	if rej.requestID == "" {
		e := c.connectEvent(nil)
		rej.requestID = e.RequestID
		s.access.Write(&accesslog.Record{Event: e, Status: rej.status, Error: rej.message})
	}
	s.count.refusals.Add(1)
	s.refused[rej.cause].Add(1)
	reason := cmp.Or(rej.log, rej.message, string(rej.body), http.StatusText(rej.status))
	if !rej.logged {
		s.logLimited(slog.LevelInfo, "handshake refused",
			fmt.Sprintf("refused with %d: %v", rej.status, rej.cause),
			[]any{"status", rej.status, "reason", reason})
	}
	if s.Trace.Refused != nil {
		s.Trace.Refused(rej.status, reason)
	}
	if o := s.observed(); o != nil {
		o.Refused(&c.conn, rej.status, reason)
	}
	s.limitWrite(w)
	writeRefusal(w, rej)
}

// writeRefusal writes rej as the response.
func writeRefusal(w http.ResponseWriter, rej refusal) {
	h := w.Header()
	for k, v := range rej.header {
		h[k] = v
	}
	if rej.retry {
		h.Set("Retry-After", strconv.Itoa(1+int(rej.retryAfter/time.Second)))
	}
	if rej.requestID != "" {
		h.Set("X-Amzn-Requestid", rej.requestID)
	}
	body, kind := rej.body, "text/plain; charset=utf-8"
	if len(body) == 0 {
		body, kind = messageJSON(rej.message, rej.status), "application/json"
	}
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(rej.status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// messageJSON returns the body of API Gateway's responses: {"message":"Forbidden"}.
func messageJSON(message string, status int) []byte {
	b, _ := json.Marshal(struct {
		Message string `json:"message"`
	}{cmp.Or(message, http.StatusText(status))}) // a string always has a JSON form
	return b
}

// A refusalWriter writes the response to a handshake that Serve has read itself and that is
// refused. The first Write sends it and ends the connection. The session itself answers a handshake
// that succeeds.
//
// It is the owner of a socket while the session is accepted within a turn.
type refusalWriter struct {
	*session
	header http.Header
	status int
	late   bool   // the connect handler still runs, within a turn
	exited func() // answers a client whose connect handler has ended the goroutine; nil: it has not
}

var (
	_ http.ResponseWriter = (*refusalWriter)(nil)
	_ sock.Owner          = (*refusalWriter)(nil)
)

// Turn is called after a connect handler that was too late.
func (w *refusalWriter) Turn() sock.Turn { return sock.Done }

// Ended closes the socket of a client that was told that its connect handler took too long, or
// answers one whose connect handler has ended the goroutine.
func (w *refusalWriter) Ended(error) {
	if w.exited == nil {
		_ = w.sock.Close() // nothing depends on it any more
		return
	}
	w.inTurn = false
	w.exited()
}

// Header returns the header fields to send.
func (w *refusalWriter) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

// WriteHeader sets the status.
func (w *refusalWriter) WriteHeader(status int) { w.status = status }

// Write sends the whole response, with body as its body, and closes the connection.
func (w *refusalWriter) Write(body []byte) (int, error) {
	var b bytes.Buffer
	text := cmp.Or(http.StatusText(w.status), fmt.Sprint("status code ", w.status))
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", w.status, text)
	h := w.Header()
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if w.status == http.StatusNotModified { // no body (RFC 9110 section 15.4.5)
		body = nil
		h.Del("Content-Type")
	} else {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if h.Get("Connection") == "" {
		h.Set("Connection", "close")
	}
	_ = h.Write(&b) // a bytes.Buffer does not fail
	b.WriteString("\r\n")
	b.Write(body)
	err := w.sock.Write(b.Bytes(), w.srv.limits.Write)
	w.sock.CloseWrite()
	if w.late {
		time.AfterFunc(lingerTime, func() { _ = w.sock.Close() }) // whether the handler returns or not
		return len(body), err
	}
	// Fails if the socket is closed, and then Serve ends at once.
	_ = w.sock.SetReadDeadline(time.Now().Add(lingerTime))
	rest := &lingerReader{session: w.session, left: lingerBytes}
	if w.inTurn {
		w.sock.Pass(rest)
	} else {
		w.sock.Serve(rest)
	}
	return len(body), err
}

// How long, and how many bytes, a client may send after its handshake was refused.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// A lingerReader reads and drops what a client still sends behind the response that ends its
// connection. Closing a socket that has unread bytes would destroy the response on its way (RFC
// 9112 section 9.6).
type lingerReader struct {
	*session
	left int
}

// Turn reads and drops.
func (r *lingerReader) Turn() sock.Turn {
	rs := r.srv.pools.getScratch(false)
	defer r.srv.pools.putScratch(rs, false)
	n, err := r.sock.Read(rs.buf)
	r.left -= n
	switch {
	case errors.Is(err, sock.ErrWait):
		return sock.Wait
	case err != nil || r.left <= 0:
		return sock.Done
	}
	return sock.Again
}

// Ended closes the socket.
func (r *lingerReader) Ended(error) { _ = r.sock.Close() } // nothing depends on it any more
