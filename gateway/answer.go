package gateway

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// An answer is the response to a handshake that Serve has read itself. It is written with the first
// Write; the connection ends with it. A handshake that succeeds is answered by the session.
type answer struct {
	*session
	header http.Header
	status int
}

var _ http.ResponseWriter = (*answer)(nil)

// Header returns the fields to send.
func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = make(http.Header)
	}
	return a.header
}

// WriteHeader sets the status.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write sends the whole response, with body as its body, and closes the connection.
func (a *answer) Write(body []byte) (int, error) {
	var b bytes.Buffer
	text := cmp.Or(http.StatusText(a.status), fmt.Sprint("status code ", a.status))
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, text)
	h := a.Header()
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	if a.status == http.StatusNotModified { // has no body (RFC 9110 section 15.4.5)
		body = nil
		h.Del("Content-Type")
	} else {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if h.Get("Connection") == "" {
		h.Set("Connection", "close")
	}
	_ = h.Write(&b) // a bytes.Buffer takes all
	b.WriteString("\r\n")
	b.Write(body)
	err := a.sock.Write(b.Bytes(), a.srv.limits.Write)
	a.sock.CloseWrite()
	_ = a.sock.Close() // nothing depends on it any more
	return len(body), err
}
