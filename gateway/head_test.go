package gateway_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/gateway/internal/handshake"
)

const plainHead = "GET /api/ HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\r\n"

// TestReadHeadTakesPlainHandshakesOnly checks which heads Serve reads itself. All others are left
// to an http.Server.
func TestReadHeadTakesPlainHandshakesOnly(t *testing.T) {
	with := func(field string) string {
		return strings.Replace(plainHead, "\r\n\r\n", "\r\n"+field+"\r\n\r\n", 1)
	}
	tests := []struct {
		name, head string
		want       bool
	}{
		{"plain", plainHead, true},
		{"port", strings.Replace(plainHead, "example.com", "[::1]:8080", 1), true},
		{"query", strings.Replace(plainHead, "/api/", "/api?a=%20b&a=c", 1), true},
		{
			"other case", strings.NewReplacer("websocket", "WebSocket", "Host", "hOST").Replace(plainHead),
			true,
		},
		{"frames behind", plainHead + "\x81\x80\x00\x00\x00\x00", true},
		{"no body", with("Content-Length: 0"), true},
		{"colon in a value", with("Origin: http://example.com : 80"), true},
		{"empty", "", false},
		{"half", plainHead[:len(plainHead)-1], false},
		{"other method", strings.Replace(plainHead, "GET", "PUT", 1), false},
		{"no WebSocket", strings.Replace(plainHead, "websocket", "h2c", 1), false},
		{"other path", strings.Replace(plainHead, "/api/", "/other", 1), false},
		{"absolute", strings.Replace(plainHead, "/api/", "http://example.com/api/", 1), false},
		{"HTTP/1.0", strings.Replace(plainHead, "1.1", "1.0", 1), false},
		{"HTTP/1.2", strings.Replace(plainHead, "1.1", "1.2", 1), false},
		{"no host", strings.Replace(plainHead, "Host", "Hose", 1), false},
		{"two hosts", with("Host: example.com"), false},
		{"two hosts, one empty", with("Host:"), false},
		{"empty host", strings.Replace(plainHead, "example.com", "", 1), false},
		{"strange host", strings.Replace(plainHead, "example.com", "example.com/", 1), false},
		{"space before colon", with("Transfer-Encoding : chunked"), false},
		{"space in a name", with("X Y: z"), false},
		{"no name", with(": z"), false},
		{"no colon", with("X"), false},
		{"continued line", with("X: y\r\n z"), false},
		{"LF", strings.ReplaceAll(plainHead, "\r\n", "\n"), false},
		{"LF in a line", with("X: y\nContent-Length: 5"), false},
		{"CR in a line", with("X: y\rContent-Length: 5"), false},
		{"NUL", with("X: \x00"), false},
		{"tab", with("X:\ty"), false},
		{"not ASCII", with("X: \xc3\xa4"), false},
		{"body", with("Content-Length: 5"), false},
		{"chunked", with("Transfer-Encoding: chunked"), false},
		{"identity", with("Transfer-Encoding: identity"), false},
		{"two lengths", with("Content-Length: 0\r\nContent-Length: 5"), false},
		{"signed length", with("Content-Length: +0"), false},
		{"expects", with("Expect: 100-continue"), false},
	}
	srv := startedServer(t)
	for _, tt := range tests {
		r, _, n := srv.ReadHead([]byte(tt.head))
		if (r != nil) != tt.want {
			t.Errorf("%s: taken is %v", tt.name, r != nil)
		}
		if r != nil && n != strings.Index(tt.head, "\r\n\r\n")+4 {
			t.Errorf("%s: %d bytes", tt.name, n)
		}
	}
}

func startedServer(t testing.TB) *gateway.Server {
	t.Helper()
	srv := &gateway.Server{Handler: echo(), Logger: quiet}
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	return srv
}

// FuzzHead reads heads as Serve does and as an http.Server does: what the first takes, the second
// understands as the same request of the same length.
func FuzzHead(f *testing.F) {
	srv, judge := startedServer(f), newJudge(f)
	f.Add([]byte(plainHead))
	f.Add([]byte(plainHead + "\x81\x80\x00\x00\x00\x00"))
	const odd = "x-A: b\r\nX-a: c\r\nPragma: no-cache\r\nHost"
	f.Add([]byte(strings.Replace(plainHead, "Host", odd, 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4<<10 {
			return // the judge's buffer, beyond which it does not say how far it has read
		}
		r, names, n := srv.ReadHead(b)
		if r == nil {
			return
		}
		want, rest := judge.ask(t, b)
		if want != nil {
			checkNames(t, names, b, want)
		}
		switch {
		case want == nil:
			t.Errorf("an http.Server does not take %q", b)
		case rest != string(b[n:]):
			t.Errorf("%d bytes taken, %q is left to an http.Server", n, rest)
		case r.Method != want.Method || r.Host != want.Host || r.RequestURI != want.RequestURI ||
			r.URL.String() != want.URL.String() || r.Proto != want.Proto || r.Close != want.Close ||
			r.ContentLength != want.ContentLength || !reflect.DeepEqual(r.Header, want.Header):
			t.Errorf("taken as %v, by an http.Server as %v", r, want)
		}
	})
}

// checkNames checks that the names of headers that Serve reads are those that it finds behind an
// http.Server, and that want has these headers only, once what an http.Server invents is dropped.
func checkNames(t *testing.T, names []string, b []byte, want *http.Request) {
	t.Helper()
	if found := handshake.Names(b, want); !slices.Equal(names, found) {
		t.Errorf("the names are %q, behind an http.Server %q", names, found)
	}
	handshake.DropInvented(want.Header, names)
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = http.CanonicalHeaderKey(name)
	}
	slices.Sort(keys)
	if all := slices.Sorted(maps.Keys(want.Header)); !slices.Equal(keys, all) {
		t.Errorf("the names are %q, the headers of an http.Server %q", names, all)
	}
}

// A judge is an http.Server that tells what it understands.
type judge struct {
	conns    *pipes
	verdicts chan verdict
}

type verdict struct {
	request *http.Request
	rest    string // what is left behind the head
}

func newJudge(f *testing.F) *judge {
	j := &judge{
		conns:    &pipes{conns: make(chan net.Conn), closed: make(chan struct{})},
		verdicts: make(chan verdict, 1),
	}
	web := &http.Server{Handler: j, ErrorLog: nil, MaxHeaderBytes: 16 << 10}
	served := make(chan error, 1)
	go func() { served <- web.Serve(j.conns) }() // the cleanup ends it and waits for it
	f.Cleanup(func() { _ = web.Close(); <-served })
	return j
}

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = nc.SetReadDeadline(time.Now())
	rest, _ := io.ReadAll(buffered)
	j.verdicts <- verdict{r, string(rest)}
	_ = nc.Close()
}

// ask returns what an http.Server makes of b: no request, if it refuses.
func (j *judge) ask(t *testing.T, b []byte) (*http.Request, string) {
	t.Helper()
	nc, err := j.conns.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	go func() { _, _ = io.Copy(nc, bytes.NewReader(b)) }() // ends with the pipe
	refused := make(chan error, 1)
	go func() { // ends with the pipe
		_, err := bufio.NewReader(nc).ReadByte()
		refused <- err
	}()
	select {
	case v := <-j.verdicts:
		return v.request, v.rest
	case err := <-refused:
		if err != nil { // closed by the handler, whose verdict has come before
			v := <-j.verdicts
			return v.request, v.rest
		}
		return nil, ""
	}
}
