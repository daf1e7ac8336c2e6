package gateway

import (
	"io"
	"log"
	"net/http"
)

// tlsRecord is the first byte of a client that speaks TLS: a record with its handshake (RFC 8446
// section 5.1). No request begins with it. Without this rule a plain port would wait for the end of
// a head that never comes, and the client for an answer.
const tlsRecord = 0x16

// What is logged about TLS on a plain port, and what the client is told. Clients of TLS say of it
// that it is no record, or a wrong version.
const (
	tlsRefused = "the client speaks TLS, and this port does not"
	plainOnly  = "this port does not speak TLS; use ws:// or http://"
)

// speaksTLS reports whether the client has begun with TLS.
func (p *pendingConn) speaksTLS() bool { return len(p.unparsed) > 0 && p.unparsed[0] == tlsRecord }

// refuseTLS answers a client that speaks TLS, and ends the connection.
func (p *pendingConn) refuseTLS() {
	p.srv.noteCut(atTLS, "from", p.peer(), "err", tlsRefused)
	p.unparsed = nil
	writeRefusal(&refusalWriter{session: &p.session}, refusal{
		status: http.StatusBadRequest, message: plainOnly,
	})
}

// refuseTLS answers a client of an http.Server that speaks TLS.
func (c *headConn) refuseTLS() {
	if c.note != nil {
		c.note(atTLS)
	}
	logf(c.web, "connection refused: %s from=%s", tlsRefused, c.RemoteAddr())
	const head = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
	_, _ = io.WriteString(c.Conn, head+plainOnly+"\n") // it fails if the client has gone
}

// logf logs what an http.Server would log.
func logf(web *http.Server, format string, args ...any) {
	printf := log.Printf
	if web.ErrorLog != nil {
		printf = web.ErrorLog.Printf
	}
	printf(format, args...)
}
