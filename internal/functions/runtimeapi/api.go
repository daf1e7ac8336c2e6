package runtimeapi

import (
	"bytes"
	"crypto/subtle"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// An API serves requests of the process that are not of the Runtime API.
type API struct {
	Handler http.Handler
	Token   string // that the process sends as "Authorization: Bearer"
}

// allows reports whether a request is for the API, and names its token.
func (a *API) allows(r *http.Request) bool {
	if a == nil || strings.HasPrefix(r.URL.Path, runtimePrefix) {
		return false
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(token), []byte(a.Token)) == 1
}

// serveAPI has the API answer a request, and reports whether the connection can be used again.
func (c *Conn) serveAPI(r *http.Request) bool {
	r.RemoteAddr = c.RemoteAddr().String()
	w := apiWriter{header: make(http.Header), status: http.StatusOK}
	c.server.api.Handler.ServeHTTP(&w, r)
	if n, err := io.CopyN(io.Discard, r.Body, maxSkip); n == maxSkip || err != io.EOF {
		c.last = true
	}
	return c.writeAPI(&w) == nil && !c.last
}

// writeAPI writes the answer of the API.
func (c *Conn) writeAPI(w *apiWriter) error {
	b := append(c.held, "HTTP/1.1 "...)
	c.held = c.held[:0]
	b = strconv.AppendInt(b, int64(w.status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(w.status)...)
	b = append(b, "\r\n"...)
	if len(w.header) > 0 {
		var lines bytes.Buffer
		_ = w.header.Write(&lines) // to memory
		b = append(b, lines.Bytes()...)
	}
	if c.last {
		b = append(b, "Connection: close\r\n"...)
	}
	if w.status != http.StatusNoContent {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(w.body.Len()), 10)
		b = append(b, "\r\n"...)
	}
	b = append(append(b, "\r\n"...), w.body.Bytes()...)
	_, err := c.Write(b)
	return err
}

// An apiWriter keeps an answer.
type apiWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*apiWriter)(nil)

func (w *apiWriter) Header() http.Header { return w.header }

func (w *apiWriter) WriteHeader(status int) { w.status = status }

func (w *apiWriter) Write(b []byte) (int, error) { return w.body.Write(b) }
