package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/test/internal/victim"
)

// sinkVariable makes this program a sink.
const sinkVariable = "TYG_TEST_SINK"

// A sink is a process that attackers attack in place of the server: it answers handshakes, reads
// all they send, and does nothing with it. What a healthy client of the server waits for beside it
// is due to the machine, which it shares with the attackers.
type sink struct {
	addr string
	cmd  *exec.Cmd
	in   io.Closer
}

// newSink starts a sink, on the core of the server, which goes first.
func newSink(pin bool) (*sink, error) {
	cmd, err := self(pinnedTo(pin, serverCore, slow()), sinkVariable+"=1")
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &sink{cmd: cmd, in: in}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.addr = strings.TrimSpace(line)
	return s, nil
}

func (s *sink) close() error {
	_ = s.in.Close() // which ends it
	return s.cmd.Wait()
}

// mainSink serves until standard input ends, and does not return, if newSink has started it.
func mainSink() {
	if os.Getenv(sinkVariable) == "" {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() { // ends with the process
		for {
			if c, err := l.Accept(); err == nil {
				go swallow(c) // ends with c
			}
		}
	}()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until its end
	os.Exit(0)
}

// swallow answers a handshake and drops what follows.
func swallow(c net.Conn) {
	defer c.Close()
	var head bytes.Buffer
	b := make([]byte, 4<<10)
	for !bytes.Contains(head.Bytes(), []byte("\r\n\r\n")) {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		head.Write(b[:n])
	}
	switch {
	case !bytes.Contains(head.Bytes(), []byte("Upgrade: websocket")):
	case bytes.Contains(head.Bytes(), []byte("Version: 13")):
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	default:
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		return
	}
	_, _ = io.Copy(io.Discard, c)
}

// control returns what the client of a server that is not attacked waits for while the attackers
// attack a sink.
func control(a attack, o options) (time.Duration, error) {
	p, h, err := o.startServer()
	if err != nil {
		return 0, err
	}
	over := make(chan struct{})
	memory := watchMemory(p, over)
	t, err := beside(a, o, h)
	close(over)
	<-memory
	h.close()
	return t, errors.Join(err, p.Stop())
}

// beside measures h while attackers attack a sink.
func beside(a attack, o options, h *healthy) (time.Duration, error) {
	s, err := newSink(o.pin)
	if err != nil {
		return 0, err
	}
	stop := make(chan struct{})
	done, err := a.start(s.addr, o.pin, stop)
	if err != nil {
		close(stop)
		return 0, errors.Join(err, s.close())
	}
	t, err := h.measure(o.each, o.of)
	close(stop)
	<-done
	return t, errors.Join(err, s.close())
}

// startServer starts a server and its healthy client.
func (o options) startServer() (*victim.Process, *healthy, error) {
	order := fast()
	if o.fifo {
		order = urgent()
	}
	p, err := victim.Start(pinnedTo(o.pin, serverCore, order)...)
	if err != nil {
		return nil, nil, err
	}
	h, err := newHealthy(p.URL(), o.pin)
	if err != nil {
		return nil, nil, errors.Join(err, p.Stop())
	}
	return p, h, nil
}
