package conformance_test

import (
	"bufio"
	"bytes"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/conformance"
	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A fault is one way in which an endpoint is not like API Gateway, and the cases that find it.
type fault struct {
	server func(s *gateway.Server)              // changes the gateway
	app    func(tyg.Handler) tyg.Handler        // changes what the probe gets and returns
	wrap   func(next http.Handler) http.Handler // is called instead of the gateway
	head   func(head []byte) []byte             // changes the 101
	// frame changes the frames that the gateway sends; nil cuts the socket.
	frame func(h ws.Header, payload []byte) []byte
	finds string // patterns of the IDs of cases, in order
}

// serve serves the probe with the fault.
func (f fault) serve(t *testing.T, app *tyg.App) conformance.Endpoint {
	s := &gateway.Server{Handler: app, Portable: true, Secrets: secrets()}
	if f.app != nil {
		s.Handler = f.app(app)
		d := app.Describe()
		s.Description = &d
	}
	if f.server != nil {
		f.server(s)
	}
	next := http.Handler(s)
	if f.wrap != nil {
		next = f.wrap(next)
	}
	return serve(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(faultyWriter{w, f}, r)
	}))
}

// A faultyWriter gives the gateway a faultyConn.
type faultyWriter struct {
	http.ResponseWriter
	fault fault
}

func (h faultyWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	return &faultyConn{Conn: conn, fault: h.fault}, rw, err
}

// A faultyConn changes what is written to it.
type faultyConn struct {
	net.Conn
	fault    fault
	upgraded bool // the 101 is written
	out      []byte
}

func (c *faultyConn) Write(b []byte) (int, error) {
	c.out = append(c.out, b...)
	var changed []byte
	if !c.upgraded {
		head, rest, ok := bytes.Cut(c.out, []byte("\r\n\r\n"))
		if !ok {
			return len(b), nil
		}
		if c.fault.head != nil {
			head = c.fault.head(head)
		}
		changed, c.upgraded = append(bytes.Clone(head), "\r\n\r\n"...), true
		c.out = bytes.Clone(rest)
	}
	for {
		h, n, err := ws.ParseHeader(c.out)
		if err != nil || n == 0 || len(c.out) < n+int(h.Length) {
			break
		}
		one := c.out[:n+int(h.Length)]
		if c.fault.frame != nil {
			one = c.fault.frame(h, bytes.Clone(one[n:]))
		}
		if one == nil {
			return 0, errors.Join(net.ErrClosed, c.Close())
		}
		changed = append(changed, one...)
		c.out = c.out[n+int(h.Length):]
	}
	if _, err := c.Conn.Write(changed); err != nil {
		return 0, err
	}
	return len(b), nil
}

// rewrite changes the payload of messages, where old is in it.
func rewrite(old, replacement string) func(h ws.Header, payload []byte) []byte {
	return func(h ws.Header, payload []byte) []byte {
		if h.Opcode == ws.OpText && !h.RSV1 {
			payload = bytes.ReplaceAll(payload, []byte(old), []byte(replacement))
			h.Length = int64(len(payload))
		}
		return append(ws.AppendHeader(nil, h), payload...)
	}
}

// recode changes the responses of the @connections API.
func recode(
	change func(r *http.Request, res *httptest.ResponseRecorder),
) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "@connections") {
				next.ServeHTTP(w, r)
				return
			}
			res := httptest.NewRecorder()
			next.ServeHTTP(res, r)
			change(r, res)
			for name, values := range res.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(res.Code)
			_, _ = w.Write(res.Body.Bytes()) // the client sees if it is cut
		})
	}
}

// refusals changes the status of handshakes that are refused.
type refusals struct {
	http.ResponseWriter
	to int
}

func (r refusals) WriteHeader(int)             { r.ResponseWriter.WriteHeader(r.to) }
func (r refusals) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// TestFaults breaks one behaviour after the other. Each must be found by the cases that are
// about it, and by no others.
func TestFaults(t *testing.T) {
	t.Parallel() // it mostly waits
	all := faults()
	names := slices.Sorted(maps.Keys(all))
	targets := make(map[string]conformance.Target)
	for _, i := range sampletest.Numbers(t, len(names), 4) {
		name := names[i]
		f := all[name]
		targets[name] = conformance.Target{
			Endpoint: f.serve(t, probelib.New()), Bare: f.serve(t, probelib.NewBare()).URL,
			Credentials: credentials(), Patience: 5 * time.Second,
		}
	}
	for name, report := range runAll(t, targets) {
		t.Run(name, func(t *testing.T) {
			sampletest.SayHowToRepeat(t, "./internal/conformance")
			expectFound(t, report, strings.Fields(all[name].finds))
		})
	}
}

// expectFound compares the cases that fail with patterns, of which each must be needed.
func expectFound(t *testing.T, report *conformance.Report, patterns []string) {
	t.Helper()
	needed := make(map[string]bool)
	for _, r := range report.Results {
		i := slices.IndexFunc(patterns, func(p string) bool {
			ok, err := path.Match(p, r.ID)
			return ok && err == nil
		})
		switch {
		case i >= 0 && r.Outcome == conformance.Failed:
			needed[patterns[i]] = true
		case i >= 0 && r.Judged:
			t.Errorf("%s: %v, want it to fail", r.ID, r.Outcome)
		case r.Outcome == conformance.Failed:
			t.Errorf("%s fails, and is not about the fault: %s", r.ID, r.Detail)
		}
	}
	for _, p := range patterns {
		if !needed[p] {
			t.Errorf("no case matches %s", p)
		}
	}
	if report.OK() {
		t.Error("the report says that it is OK")
	}
}

const sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
