package main

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

// newServer starts a server whose behaviour depends on the path.
func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(s.Close)
	return s
}

func newSecureServer(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // tests include clients without the certificate
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func certificate(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func serve(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch r.URL.Path {
	case "/refuse":
		status, _ := strconv.Atoi(query.Get("status"))
		w.Header().Set("Location", query.Get("location"))
		w.WriteHeader(status)
		fmt.Fprint(w, query.Get("body"))
		return
	case "/silent":
		<-r.Context().Done()
		return
	}
	p, err := accept(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer p.conn.Close()
	p.play(r, query)
}

// A peer is the server's end of a connection.
type peer struct {
	conn   net.Conn
	rw     *bufio.ReadWriter
	reader ws.Reader
	buf    []byte
}

func accept(w http.ResponseWriter, r *http.Request) (*peer, error) {
	up, err := ws.ParseUpgrade(r)
	if err != nil {
		return nil, err
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	subprotocol := ""
	if slices.Contains(up.Subprotocols, "chat.v1") {
		subprotocol = "chat.v1"
	}
	deflate := up.Deflate != nil
	_, err = conn.Write(up.AppendResponse(nil, subprotocol, deflate))
	return &peer{conn: conn, rw: rw, reader: ws.Reader{Config: new(ws.Config), Inflate: deflate}}, err
}

// play does what the path says, and then echoes messages.
func (p *peer) play(r *http.Request, query url.Values) {
	code, _ := strconv.Atoi(query.Get("code"))
	switch r.URL.Path {
	case "/say":
		p.send(ws.OpText, query.Get("text"))
	case "/binary":
		p.send(ws.OpBinary, query.Get("text"))
	case "/headers":
		for _, name := range strings.Split(query.Get("names"), ",") {
			p.send(ws.OpText, name+"="+strings.Join(r.Header.Values(name), "|"))
		}
	case "/close":
		p.write(ws.AppendClose(nil, code, query.Get("reason")))
	case "/broken":
		p.write([]byte{0x83, 0}) // RFC 6455 section 5.2: a reserved opcode
	case "/drop":
		return
	case "/repeat":
		n, _ := strconv.Atoi(query.Get("n"))
		p.send(ws.OpText, strings.Repeat("z", n))
		p.send(ws.OpText, query.Get("text"))
	case "/pinging":
		p.send(ws.OpPing, "hi")
	}
	for {
		m, ok := p.next()
		switch {
		case !ok:
			return
		case m.Op == ws.OpClose:
			p.write(ws.AppendFrame(nil, ws.OpClose, m.Data))
			return
		case m.Op == ws.OpPing:
			p.send(ws.OpText, "ping")
		case r.URL.Path == "/closing": // by the first message
			p.write(ws.AppendClose(nil, code, string(m.Data)))
		case r.URL.Path == "/length":
			p.send(ws.OpText, fmt.Sprintf("%d bytes", len(m.Data)))
		case m.Op == ws.OpText, m.Op == ws.OpBinary && r.URL.Path == "/bytes":
			p.send(m.Op, string(m.Data))
		}
	}
}

func (p *peer) next() (ws.Message, bool) {
	for {
		m, n, err := p.reader.Next(p.buf)
		p.buf = p.buf[n:]
		if err != nil || m.Op != 0 {
			return m, err == nil
		}
		chunk := make([]byte, 4096)
		n, err = p.rw.Read(chunk)
		if err != nil {
			return m, false
		}
		p.buf = append(p.buf, chunk[:n]...)
	}
}

func (p *peer) send(op ws.Opcode, text string) { p.write(ws.AppendFrame(nil, op, []byte(text))) }

func (p *peer) write(frame []byte) { _, _ = p.conn.Write(frame) }
