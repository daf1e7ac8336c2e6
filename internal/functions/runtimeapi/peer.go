package runtimeapi

import (
	"errors"
	"io"
	"net"
	"os"
)

// checkPeer reports whether the process may be what has opened c: whether the user is that of this
// process, or root, which may read everything anyway. Where the system does not say who it is, as
// on systems other than Linux, every local program may be.
func (c *Conn) checkPeer() bool {
	client, ok := c.RemoteAddr().(*net.TCPAddr)
	server, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 {
		return true
	}
	uid, err := uidOf(client.AddrPort(), server.AddrPort())
	if errors.Is(err, os.ErrClosed) {
		c.gone = true
		return true
	}
	if err != nil || uid == 0 || uid == c.server.uid {
		return true
	}
	c.server.handler.Stranger(uid)
	return false
}

// mayAsk reports whether c may ask for what q does. A client that has closed its socket before it
// was looked at may only reply: for that it must know the id of an event, which is random.
func (c *Conn) mayAsk(q *request) bool { return !c.gone || q.id != "" }

// maxConns is how many connections a process may have at one time. Most runtimes have one. More
// wait until one is closed.
const maxConns = 64

// maxHead is the length limit of the head of a request, in bytes. Runtimes put the cause of a
// failure into a header, and cut it to 1 MB.
// (https://github.com/aws/aws-lambda-python-runtime-interface-client)
const maxHead = 1<<20 + 64<<10

var errHead = errors.New("the head of the request is too long")

// A headReader limits how much is read of the head of a request.
type headReader struct {
	from    io.Reader
	limited bool
	left    int // while it is limited
}

// Read reads.
func (r *headReader) Read(b []byte) (int, error) {
	if !r.limited {
		return r.from.Read(b)
	}
	if r.left == 0 {
		return 0, errHead
	}
	n, err := r.from.Read(b[:min(len(b), r.left)])
	r.left -= n
	return n, err
}
