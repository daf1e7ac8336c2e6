package lambda

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// directVariable is set by a gateway of tyg for functions on its own machine: the address of the
// Runtime API as a URL, with a token as password and the path of Config.Endpoint.
const directVariable = "TYG_DIRECT_ENDPOINT"

// A direct is the short way to a gateway of tyg that runs the function itself: calls of
// @connections and of the API for groups go to the address of the Runtime API, over connections
// that are kept, with a token in place of a signature. API Gateway has no such way. It may be used
// by many goroutines at once.
type direct struct {
	instead string // the endpoint that it is in place of
	base    *url.URL
	token   string

	slots chan struct{} // holds a token for each call
	mu    sync.Mutex
	idle  []*wire // the most recently used last
}

// maxDirect is how many calls are made at once. The gateway takes 64 connections of a process.
const maxDirect = 16

// newDirect returns the way that the value of directVariable names, in place of an endpoint.
func newDirect(value, instead string) (*direct, error) {
	u, err := url.Parse(value)
	if err != nil {
		return nil, errors.New("no valid URL") // the error has the token
	}
	token, ok := u.User.Password()
	if !ok {
		return nil, errors.New("no token in the URL")
	}
	u.User = nil
	base, err := parseEndpoint(u.String())
	if err != nil {
		return nil, err
	}
	return &direct{
		instead: instead, base: base, token: token, slots: make(chan struct{}, maxDirect),
	}, nil
}

// do makes one attempt, as client.do.
func (d *direct) do(ctx context.Context, r request) (a answer, unsent bool, err error) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return a, true, ctx.Err()
	}
	defer func() { <-d.slots }()
	w, err := d.take(ctx)
	if err != nil {
		return a, true, fmt.Errorf("call %s: %w", d.base.Host, err)
	}
	a, unsent, err = w.call(ctx, d.encode(w.out[:0], ctx, r), r)
	if err != nil {
		w.close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return a, unsent, fmt.Errorf("call %s: %w", d.base.Host, err)
	}
	d.give(w)
	return a, false, nil
}

// encode appends a request as it is sent.
func (d *direct) encode(b []byte, ctx context.Context, r request) []byte {
	b = append(append(append(b, r.method...), ' '), r.url.RequestURI()...)
	b = append(append(b, " HTTP/1.1\r\nHost: "...), d.base.Host...)
	b = append(append(b, "\r\nAuthorization: Bearer "...), d.token...)
	if trace, ok := ctx.Value(traceKey).(string); ok && trace != "" {
		b = append(append(b, "\r\n"+traceHeader+": "...), trace...)
	}
	for name, values := range r.headers {
		for _, value := range values {
			b = append(append(append(append(b, "\r\n"...), name...), ": "...), value...)
		}
	}
	return appendBody(b, r.body)
}

func appendBody(b, body []byte) []byte {
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	return append(append(b, "\r\n\r\n"...), body...)
}

// take returns the connection that was used last, or a new one.
func (d *direct) take(ctx context.Context) (*wire, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := len(d.idle); n > 0; n = len(d.idle) {
		w := d.idle[n-1]
		d.idle = d.idle[:n-1]
		if w.fresh() {
			return w, nil
		}
		w.close()
	}
	return dialWire(ctx, d.base.Host)
}

func (d *direct) give(w *wire) {
	w.used = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle = append(d.idle, w)
}

// A wire is a connection to a server of HTTP on this machine, without the goroutines and the
// handing over of net/http, which take longer than such a call itself.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte // what was sent last, to be used again
	used time.Time
}

func dialWire(ctx context.Context, address string) (*wire, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, in: bufio.NewReader(conn)}, nil
}

// maxKept is the most memory that a wire keeps for what it sends, in bytes.
const maxKept = 64 << 10

func (w *wire) close() { _ = w.conn.Close() }

// fresh reports whether the server has not closed the connection meanwhile for being idle. It
// compares by the wall clock, which goes on while the process is frozen.
func (w *wire) fresh() bool { return time.Since(w.used.Round(0)) < 50*time.Second }

// call sends the bytes of a request, and reads the answer. unsent is true if nothing was sent.
func (w *wire) call(
	ctx context.Context, sent []byte, r request,
) (a answer, unsent bool, err error) {
	deadline, _ := ctx.Deadline() // none is the zero time, which is none for the connection, too
	_ = w.conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = w.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := w.send(sent)
	if err != nil {
		return a, n == 0, err
	}
	written := time.Now()
	plain, err := w.readPlain(plainOK)
	if err != nil {
		return a, false, err
	}
	if plain {
		return answer{status: http.StatusOK, took: time.Since(written)}, false, nil
	}
	res, err := http.ReadResponse(w.in, &http.Request{Method: r.method})
	if err != nil {
		return a, false, err
	}
	a = answer{status: res.StatusCode, header: res.Header, took: time.Since(written)}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, r.most+1)); err != nil {
		return a, false, err
	}
	if int64(len(a.body)) > r.most {
		return a, false, fmt.Errorf("the answer has more than %d bytes", r.most)
	}
	return a, false, nil
}

// plainOK is the answer to a send that has succeeded as the gateway sends it.
const plainOK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// readPlain waits for an answer, and reads it if it has these bytes. If it has others it reads
// nothing and reports false.
func (w *wire) readPlain(answer string) (bool, error) {
	if _, err := w.in.Peek(1); err != nil {
		return false, err
	}
	here, _ := w.in.Peek(min(len(answer), w.in.Buffered()))
	if string(here) != answer {
		return false, nil
	}
	_, _ = w.in.Discard(len(answer)) // they are here
	return true, nil
}

// send sends bytes in one call, and keeps the memory that they are in.
func (w *wire) send(b []byte) (n int, err error) {
	n, err = w.conn.Write(b)
	if w.out = b[:0]; cap(b) > maxKept {
		w.out = nil
	}
	return n, err
}
