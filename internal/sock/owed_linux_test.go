package sock_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// An answering is a layer that answers each read of itself, as TLS answers requests for new keys.
type answering struct{ net.Conn }

func (a answering) NetConn() net.Conn { return a.Conn }

func (a answering) Read(b []byte) (int, error) {
	n, err := a.Conn.Read(b)
	if err == nil {
		_, _ = a.Conn.Write(make([]byte, 27)) // TLS reports an error with its next write only
	}
	return n, err
}

// TestPeerThatTakesNoAnswersIsCut asks a layer for answers, over a socket that is full, until the
// connection ends: what is owed to the peer has a limit.
func TestPeerThatTakesNoAnswersIsCut(t *testing.T) {
	p := new(sock.Poller)
	defer p.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	under, err := sock.UnderTLS(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := pair{new(sock.Conn), peer}
	c.Open(answering{under}, p)
	defer c.Close()
	c.fill(t)
	reads := 0
	ended := spawn(func() (err error) {
		_ = c.Loop(func() sock.Turn {
			var b [1]byte
			switch _, err = c.Read(b[:]); err {
			case nil:
				reads++
				return sock.Again
			case sock.ErrWait:
				return sock.Wait
			}
			return sock.Done
		})
		return err
	})
	_ = peer.SetWriteDeadline(time.Now().Add(patience))
	if _, err := peer.Write(make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	_ = peer.(*net.TCPConn).CloseWrite() // after as many requests, the test would end
	if err := wait(t, ended); err == nil || err == io.EOF || reads > 1000 {
		t.Errorf("after %d answers that were not taken: %v", reads, err)
	}
}
