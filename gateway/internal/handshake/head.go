package handshake

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

var headEnd = []byte("\r\n\r\n")

// HasHead reports whether a request head ends in b. Its lines may end with LF alone (RFC 9112
// section 2.2), though none that ParseHead takes.
func HasHead(b []byte) bool {
	return bytes.Contains(b, headEnd[1:]) || bytes.Contains(b, []byte("\n\n"))
}

// ParseHead reads a request head at the front of b if it is plainly that of a handshake. It returns
// the names of the header fields as the client spelt them, and the length of the head in bytes. It
// returns nil for anything else, and for anything unusual, which is left to an http.Server.
//
// http.ReadRequest in its place was 8 % of what a handshake costs.
func ParseHead(b []byte) (r *http.Request, names []string, n int) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		return nil, nil, 0
	}
	h := readHead(string(b[:end]))
	if h == nil || !isHandshake(&h.request) {
		return nil, nil, 0
	}
	return &h.request, h.names, end + len(headEnd)
}

// readHead parses a head of printable ASCII, in lines that end with CR LF and do not continue
// others, that names one host and announces no body. It returns nil for any other.
func readHead(head string) *headReader {
	line, fields, _ := strings.Cut(head, "\r\n")
	target, ok := strings.CutPrefix(line, "GET ")
	if target, ok = cutSuffix(target, " HTTP/1.1", ok); !ok || !isPrintable(target) {
		return nil
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil
	}
	n := strings.Count(fields, "\r\n") + 1
	both := make([]string, 2*n) // one allocation
	h := &headReader{
		request: http.Request{
			Method: http.MethodGet, URL: u, RequestURI: target,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: make(http.Header, n+addedLater), Body: http.NoBody,
		},
		values: both[:0:n],
		names:  both[n:n],
	}
	for more := true; more; {
		var field string
		if field, fields, more = strings.Cut(fields, "\r\n"); !h.field(field) {
			return nil
		}
	}
	return h
}

// addedLater is how many header fields the gateway adds: a map that has to grow for them costs as
// much as to read the head.
const addedLater = 4

func cutSuffix(s, suffix string, ok bool) (string, bool) {
	before, found := strings.CutSuffix(s, suffix)
	return before, ok && found
}

// A headReader parses the fields of a request. All their names and values are in one array.
type headReader struct {
	request http.Request
	values  []string
	names   []string // as the client spelt them, each once
}

// field parses one line. It reports whether the line is plain.
func (h *headReader) field(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !ws.IsToken(name) || !isPrintable(value) {
		return false
	}
	value = strings.Trim(value, " ")
	header, key := h.request.Header, canonical(name)
	switch key {
	case "Host":
		twice := h.request.Host != ""
		h.request.Host = value
		return !twice && isHost(value)
	case "Content-Length":
		if value != "0" || header[key] != nil {
			return false
		}
	case "Connection":
		if strings.Contains(strings.ToLower(value), "close") {
			return false
		}
	case "Transfer-Encoding", "Trailer", "Expect":
		return false
	}
	if old, ok := header[key]; ok {
		header[key] = append(old, value)
		return true
	}
	n := len(h.values)
	h.values, h.names = append(h.values, value), append(h.names, name)
	header[key] = h.values[n : n+1 : n+1]
	return true
}

// canonical returns the key of a header field. For the names of most handshakes it makes no object.
func canonical(name string) string {
	switch name {
	case "Host", "Upgrade", "Connection", "Origin", "Cookie", "Pragma":
		return name
	case ws.HeaderKey:
		return "Sec-Websocket-Key"
	case ws.HeaderVersion:
		return "Sec-Websocket-Version"
	case ws.HeaderExtensions:
		return "Sec-Websocket-Extensions"
	case ws.HeaderProtocol:
		return "Sec-Websocket-Protocol"
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

func isPrintable(line string) bool {
	for i := range len(line) {
		if line[i] < ' ' || line[i] > '~' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isHandshake reports whether r asks for a WebSocket.
func isHandshake(r *http.Request) bool {
	return r.Host != "" && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") &&
		strings.HasPrefix(r.RequestURI, "/")
}

// isHost reports whether host is only a name or an address, and perhaps a port.
func isHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; !isAlphanumeric(c) && strings.IndexByte(".-_:[]", c) < 0 {
			return false
		}
	}
	return host != ""
}
