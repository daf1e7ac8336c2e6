// gnet is one event loop of panjf2000/gnet, with gobwas/ws for the frames. All replies to one read
// leave in one write.
package main

import (
	"bytes"
	"io"

	"github.com/gobwas/ws"
	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"

	"github.com/tyg-dev/tyg/bench/internal/serve"
)

type server struct {
	gnet.BuiltinEventEngine
	room    bool
	members []gnet.Conn // owned by the event loop
}

func main() {
	o := serve.Parse()
	serve.Check(gnet.Run(&server{room: o.Room}, "tcp4://"+o.Addr,
		gnet.WithNumEventLoop(1), gnet.WithReuseAddr(true), gnet.WithLogLevel(logging.ErrorLevel)))
}

// OnTraffic is called with bytes. The context of a connection is set once it is upgraded.
func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	b, _ := c.Peek(-1)
	used := 0
	if c.Context() == nil {
		n, err := s.upgrade(c, b)
		if n == 0 || err != nil {
			return action(err)
		}
		used = n
	}
	var out bytes.Buffer
	n, err := answer(&out, b[used:])
	_, _ = c.Discard(used + n)
	if out.Len() > 0 {
		s.send(c, out.Bytes())
	}
	return action(err)
}

func action(err error) gnet.Action {
	if err != nil {
		return gnet.Close
	}
	return gnet.None
}

// upgrade answers a handshake and returns its length, which is 0 while it is not complete.
func (s *server) upgrade(c gnet.Conn, b []byte) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, nil
	}
	stream := struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(b[:end+4]), c}
	if _, err := ws.Upgrade(stream); err != nil {
		return 0, err
	}
	c.SetContext(true)
	if s.room {
		s.members = append(s.members, c)
	}
	return end + 4, nil
}

// answer writes the answers to all complete frames, and returns the length of those frames.
func answer(out *bytes.Buffer, b []byte) (used int, err error) {
	r := bytes.NewReader(nil)
	for {
		r.Reset(b[used:])
		h, err := ws.ReadHeader(r)
		start := len(b) - r.Len()
		if err != nil || len(b)-start < int(h.Length) {
			return used, nil
		}
		payload := b[start : start+int(h.Length)]
		used = start + int(h.Length)
		ws.Cipher(payload, h.Mask, 0)
		switch h.OpCode {
		case ws.OpClose:
			return used, io.EOF
		case ws.OpPing:
			h.OpCode = ws.OpPong
		}
		_ = ws.WriteHeader(out, ws.Header{Fin: true, OpCode: h.OpCode, Length: h.Length})
		out.Write(payload)
	}
}

func (s *server) send(c gnet.Conn, b []byte) {
	if !s.room {
		_, _ = c.Write(b)
		return
	}
	for _, m := range s.members {
		_, _ = m.Write(b)
	}
}
