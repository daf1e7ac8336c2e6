package gateway

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
)

// parseHead reads a request head at the front of b if it is plainly that of a handshake for this
// Server, and returns how long it is. It returns nil for anything else, and for anything strange,
// which an http.Server is to judge.
func (s *Server) parseHead(b []byte) (*http.Request, int) {
	end := bytes.Index(b, headEnd)
	if end < 0 || !bytes.HasPrefix(b, []byte("GET ")) {
		return nil, 0
	}
	end += len(headEnd)
	if !isPlain(b[:end]) {
		return nil, 0
	}
	h := s.pools.heads.Get().(*headReader)
	defer s.pools.heads.Put(h)
	r, err := h.read(b[:end])
	if err != nil || !isHandshake(r) || !s.serves(r.URL.Path) {
		return nil, 0
	}
	return r, end
}

// isPlain reports whether a head is printable ASCII in lines that end with CR LF, of which none
// continues another, and names one host.
func isPlain(head []byte) bool {
	hosts := 0
	request, fields, _ := bytes.Cut(head[:len(head)-len(headEnd)], []byte("\r\n"))
	for field := range bytes.SplitSeq(fields, []byte("\r\n")) {
		name, _, ok := bytes.Cut(field, []byte(":"))
		// http.ReadRequest lets a name with spaces pass, an http.Server does not.
		if !ok || bytes.IndexByte(name, ' ') >= 0 || !isPrintable(field) {
			return false
		}
		if strings.EqualFold(string(name), "host") {
			hosts++
		}
	}
	return hosts == 1 && isPrintable(request)
}

func isPrintable(line []byte) bool {
	for _, c := range line {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// isHandshake reports whether r asks for a WebSocket, and for nothing that net/http does and this
// package does not.
func isHandshake(r *http.Request) bool {
	return r.ProtoMajor == 1 && r.ProtoMinor == 1 && r.ContentLength == 0 &&
		len(r.TransferEncoding) == 0 && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") &&
		r.Header.Get("Expect") == "" && isHost(r.Host) && strings.HasPrefix(r.RequestURI, "/")
}

// isHost reports whether host is nothing but a name or an address, and a port.
func isHost(host string) bool {
	for _, c := range []byte(host) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(".-_:[]", c) < 0 {
			return false
		}
	}
	return host != ""
}

// headReader reads requests out of memory.
type headReader struct {
	bytes  bytes.Reader
	reader *bufio.Reader
}

func newHeadReader() *headReader { return &headReader{reader: bufio.NewReader(nil)} }

func (h *headReader) read(head []byte) (*http.Request, error) {
	h.bytes.Reset(head)
	h.reader.Reset(&h.bytes)
	return http.ReadRequest(h.reader)
}
