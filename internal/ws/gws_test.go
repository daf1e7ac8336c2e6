package ws_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A verdict is how an echo server answers a client's bytes, or a client a server's.
type verdict struct {
	extensions string   // agreed on
	answers    []string // messages and pongs, as show writes them
	code       int      // in its close frame: 1005 for an empty one, 0 for none
	reason     string
}

func (v verdict) String() string {
	return fmt.Sprintf("%d %q, answers %.1000q, extensions %q",
		v.code, v.reason, v.answers, v.extensions)
}

// A script is a connection whose peer sends in, chunk bytes at a time, and hangs up. Nothing runs
// beside the caller.
type script struct {
	net.Conn // nil: its methods are not called
	in       string
	chunk    int
	out      strings.Builder
	ended    bool
}

func (s *script) Read(p []byte) (int, error) {
	if s.in == "" {
		s.ended = true
		return 0, io.EOF
	}
	n := copy(p, s.in[:min(s.chunk, len(s.in))])
	s.in = s.in[n:]
	return n, nil
}

// Write fails once the caller knows that the peer is gone, so that a late write is no answer.
func (s *script) Write(p []byte) (int, error) {
	if s.ended {
		return 0, io.ErrClosedPipe
	}
	return s.out.Write(p)
}

func (s *script) Close() error                { return nil }
func (s *script) SetDeadline(time.Time) error { return nil }

// ask returns a request for a WebSocket.
func ask(t *testing.T, inflate bool) *http.Request {
	if inflate {
		return request(t, get, "Sec-WebSocket-Extensions: permessage-deflate")
	}
	return request(t, get)
}

// ourVerdict is that of an echo server, or client, made of this package.
func ourVerdict(t *testing.T, c *exchange, chunk int) verdict {
	t.Helper()
	conn := &script{in: c.in, chunk: chunk}
	if c.config.Client {
		echoAll(conn, &c.config, false)
		return readAnswers(t, conn.out.String(), "", true)
	}
	u, err := ws.ParseUpgrade(ask(t, c.inflate))
	if err != nil {
		t.Fatal(err)
	}
	conn.out.Write(u.AppendResponse(nil, "", c.inflate))
	echoAll(conn, &c.config, c.inflate)
	return readResponse(t, conn.out.String())
}

func echoAll(conn *script, config *ws.Config, inflate bool) {
	r := &ws.Reader{Config: config, Inflate: inflate}
	defer r.Release()
	var in, out []byte
	for piece := make([]byte, min(conn.chunk, 1<<16)); ; {
		n, err := conn.Read(piece)
		if err != nil {
			return
		}
		in = append(in, piece[:n]...)
		for m, n, err := r.Next(in); ; m, n, err = r.Next(in) {
			in = in[n:]
			out = appendAnswer(out[:0], m, err, inflate)
			_, _ = conn.Write(out)
			if err != nil || m.Op == ws.OpClose {
				return
			}
			if m.Op == 0 {
				break
			}
		}
	}
}

// appendAnswer appends what an echo server answers to a message, or to an error.
func appendAnswer(dst []byte, m ws.Message, err error, deflate bool) []byte {
	code := 0
	if m.Op == ws.OpClose {
		code, _, err = ws.ParseClose(m.Data)
	}
	var e *ws.CloseError
	switch {
	case errors.As(err, &e):
		return ws.AppendClose(dst, e.Code, e.Reason)
	case m.Op == ws.OpClose:
		return ws.AppendClose(dst, code, "")
	case m.Op == ws.OpPing:
		return ws.AppendFrame(dst, ws.OpPong, m.Data)
	case m.Op == 0 || m.Op == ws.OpPong:
		return dst
	case deflate:
		return ws.AppendCompressed(dst, m.Op, m.Data)
	}
	return ws.AppendFrame(dst, m.Op, m.Data)
}

// A gwsPeer gives verdicts by gws, which shares no code with this package. It keeps its servers,
// because one takes long to make.
type gwsPeer struct {
	gws.BuiltinEventHandler
	servers map[int]*gws.Upgrader // by limit
}

func (*gwsPeer) OnPing(c *gws.Conn, payload []byte) { _ = c.WritePong(payload) }

func (*gwsPeer) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

// verdict feeds in, which may be c.in or part of it. If gws panics, so does it.
func (r *gwsPeer) verdict(t *testing.T, c *exchange, in string, chunk int) verdict {
	t.Helper()
	conn := &script{in: in, chunk: chunk}
	if c.config.Client {
		return r.clientVerdict(t, c, conn)
	}
	server := r.server(c.config.MaxMessage)
	socket, err := server.UpgradeFromConn(conn, bufio.NewReader(conn), ask(t, c.inflate))
	if err != nil {
		t.Fatal(err)
	}
	socket.ReadLoop()
	return readResponse(t, conn.out.String())
}

func (r *gwsPeer) server(limit int) *gws.Upgrader {
	if r.servers[limit] == nil {
		r.servers[limit] = gws.NewUpgrader(r, &gws.ServerOption{
			CheckUtf8Enabled:   true,
			ReadMaxPayloadSize: limit,
			PermessageDeflate:  gws.PermessageDeflate{Enabled: true, Threshold: 1, PoolSize: 1},
		})
	}
	return r.servers[limit]
}

func (r *gwsPeer) clientVerdict(t *testing.T, c *exchange, conn *script) verdict {
	t.Helper()
	option := &gws.ClientOption{
		Addr: "ws://example.com/", CheckUtf8Enabled: true, ReadMaxPayloadSize: c.config.MaxMessage,
	}
	socket, _, err := gws.NewClientFromConn(r, option, &handshakeScript{script: conn})
	if err != nil {
		t.Fatal(err)
	}
	socket.ReadLoop()
	_, answers, _ := strings.Cut(conn.out.String(), "\r\n\r\n")
	return readAnswers(t, answers, "", false)
}

// A handshakeScript is a script that accepts a client's handshake first.
type handshakeScript struct {
	*script
	accepted bool
}

func (g *handshakeScript) Read(p []byte) (int, error) {
	if g.accepted {
		return g.script.Read(p)
	}
	g.accepted = true
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(g.out.String())))
	if err != nil {
		return 0, err
	}
	u, err := ws.ParseUpgrade(r)
	return copy(p, u.AppendResponse(nil, "", false)), err
}

// readResponse reads what a server has sent: its response to the handshake, then frames.
func readResponse(t *testing.T, out string) verdict {
	t.Helper()
	head, frames, _ := strings.Cut(out, "\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+"\r\n\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	h := res.Header
	if res.StatusCode != 101 || h.Get("Sec-WebSocket-Accept") != sampleAccept {
		t.Fatalf("the handshake is answered with %q", head)
	}
	return readAnswers(t, frames, h.Get("Sec-WebSocket-Extensions"), true)
}

// readAnswers reads frames of a server, or of a client.
func readAnswers(t *testing.T, frames, extensions string, ofServer bool) verdict {
	t.Helper()
	r := &ws.Reader{Config: &ws.Config{Client: ofServer}, Inflate: extensions != ""}
	defer r.Release()
	answers, err := drive(t, r, frames, len(frames)+1)
	if err != nil || r.Partial() {
		t.Fatalf("the answer %.200q is not well formed: %v", frames, err)
	}
	v := verdict{extensions: extensions, answers: answers}
	last := len(answers) - 1
	isClose := func(s string) bool { return strings.HasPrefix(s, show(ws.OpClose, "")) }
	switch i := slices.IndexFunc(answers, isClose); {
	case i >= 0 && i < last:
		t.Fatalf("there are answers behind a close frame: %.200q", answers)
	case i == last && last >= 0:
		v.answers = answers[:last]
		v.code, v.reason, err = ws.ParseClose([]byte(answers[last][len(show(ws.OpClose, "")):]))
	}
	if err != nil {
		t.Fatalf("the close frame %q is not well formed: %v", answers[last], err)
	}
	return v
}
