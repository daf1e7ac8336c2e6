package load_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// answer returns the frames with which a test's server answers a message, or none.
type answer func(payload []byte) []byte

func echo(payload []byte) []byte {
	return append(wire.AppendHeader(nil, wire.OpText, len(payload)), payload...)
}

// serve runs a server until the test ends, and returns its address. With a room, answers go to all
// connections.
func serve(t *testing.T, room bool, answer answer) string {
	t.Helper()
	return serveOn(t, listen(t), room, answer)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serveOn(t *testing.T, l net.Listener, room bool, answer answer) string {
	t.Helper()
	s := &server{answer: answer, room: room, members: make(map[net.Conn]bool)}
	return s.start(t, l)
}

func (s *server) start(t *testing.T, l net.Listener) string {
	t.Helper()
	s.running.Go(func() { s.accept(l) })
	t.Cleanup(func() {
		_ = l.Close()
		s.running.Wait()
	})
	return l.Addr().String()
}

type server struct {
	answer  answer
	room    bool
	talk    func(c net.Conn, next func() ([]byte, error)) // nil: answer
	seen    func(from net.Addr, request []byte)           // called with each handshake; may be nil
	running sync.WaitGroup

	mu      sync.Mutex
	members map[net.Conn]bool
}

func (s *server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.serve(c) })
	}
}

func (s *server) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	var request []byte
	for !bytes.HasSuffix(request, []byte("\r\n\r\n")) {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		request = append(request, line...)
	}
	s.saw(c, request)
	_, _ = c.Write(wire.Response(request))
	if s.talk != nil {
		s.talk(c, func() ([]byte, error) { return readFrame(r) })
		return
	}
	s.join(c)
	defer s.leave(c)
	for {
		payload, err := readFrame(r)
		if err != nil || s.send(c, s.answer(payload)) != nil {
			return
		}
	}
}

func (s *server) saw(c net.Conn, request []byte) {
	if s.seen != nil {
		s.seen(c.RemoteAddr(), request)
	}
}

func (s *server) join(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members[c] = true
}

func (s *server) leave(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.members, c)
}

func (s *server) send(c net.Conn, b []byte) (err error) {
	if !s.room {
		_, err = c.Write(b)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range s.members {
		_, _ = m.Write(b)
	}
	return nil
}

func readFrame(r *bufio.Reader) ([]byte, error) {
	var head []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		head = append(head, b)
		if h, size := wire.ParseHeader(head); size > 0 {
			payload := make([]byte, h.Length)
			_, err := io.ReadFull(r, payload)
			wire.Mask(payload, h.Key)
			return payload, err
		}
	}
}

// config returns the configuration of a short run.
func config(addr string) load.Config {
	return load.Config{
		Addr: addr, Conns: 4, Depth: 3, Size: 40, PIDs: []int{os.Getpid()},
		Duration: 200 * time.Millisecond, Timeout: 5 * time.Second,
	}
}

func TestEcho(t *testing.T) {
	addr := serve(t, false, echo)
	for _, size := range []int{1, 40, 126, 70_000} {
		cfg := config(addr)
		cfg.Size = size
		r, err := load.Echo(cfg)
		if err != nil || r.Messages < 4 || r.P50 <= 0 || r.Max < r.P99 || r.Rate <= 0 {
			t.Errorf("%d bytes: %+v, %v", size, r, err)
		}
	}
}

// TestPieces has sockets that are full in the middle of a message, which is larger than they are.
func TestPieces(t *testing.T) {
	addr := serve(t, false, echo)
	for _, piece := range []int{7, 1460, 1 << 20} {
		cfg := config(addr)
		cfg.Depth, cfg.Piece = 1, piece
		if cfg.Size = 70_000; piece > cfg.Size {
			cfg.Size = 8 << 20
		}
		if r, err := load.Pieces(cfg); err != nil || r.Messages == 0 {
			t.Errorf("pieces of %d: %+v, %v", piece, r, err)
		}
	}
	cfg := config(serve(t, false, func(b []byte) []byte { return echo(b[1:]) }))
	cfg.Depth, cfg.Piece = 1, 10
	if _, err := load.Pieces(cfg); err == nil {
		t.Error("an answer that lacks a byte is no error")
	}
}

func TestEchoAtRate(t *testing.T) {
	cfg := config(serve(t, false, echo))
	cfg.Rate = 1000
	cfg.Duration = 200 * time.Millisecond
	r, err := load.Echo(cfg)
	if err != nil || r.Messages < 50 || r.Messages > 400 {
		t.Errorf("%d messages at 1000 a second in 200 ms, %v", r.Messages, err)
	}
}

func TestEchoJSON(t *testing.T) {
	got := make(chan string, 1)
	cfg := config(serve(t, false, func(payload []byte) []byte {
		select {
		case got <- string(payload):
		default:
		}
		return echo(payload)
	}))
	cfg.Dialect = load.JSON
	if _, err := load.Echo(cfg); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != `{"action":"echo","data":"z0123456789ab"}` {
		t.Errorf("message is %s", text)
	}
	cfg.Size = 26
	if _, err := load.Echo(cfg); err == nil {
		t.Error("no error for a JSON message of 26 bytes")
	}
}

// A ping must be answered, and frames may be cut anywhere.
func TestEchoWithPings(t *testing.T) {
	cfg := config(serve(t, false, func(payload []byte) []byte {
		if string(payload) == "are you there" {
			return nil
		}
		ping := wire.AppendHeader(nil, wire.OpPing, 13)
		return append(append(ping, "are you there"...), echo(payload)...)
	}))
	if _, err := load.Echo(cfg); err != nil {
		t.Error(err)
	}
}

func TestEchoFails(t *testing.T) {
	for name, answer := range map[string]answer{
		"want": func(b []byte) []byte { // the last byte differs
			b[len(b)-1]++
			return echo(b)
		},
		"bytes arrived": func(b []byte) []byte { return echo(b[1:]) },
		"opcode is 2":   func(b []byte) []byte { f := echo(b); f[0] = 0x82; return f },
		"is masked":     func(b []byte) []byte { return wire.AppendMasked(nil, wire.OpText, b, 1) },
		"more messages": func(b []byte) []byte { return append(echo(b), echo(b)...) },
		"server closed": func([]byte) []byte { return wire.AppendHeader(nil, wire.OpClose, 0) },
		"no data":       func([]byte) []byte { return nil },
	} {
		cfg := config(serve(t, false, answer))
		cfg.Duration = 2 * time.Second
		cfg.Timeout = 300 * time.Millisecond
		if _, err := load.Echo(cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want %q in it", err, name)
		}
	}
}

func TestBroadcast(t *testing.T) {
	r, err := load.Broadcast(config(serve(t, true, echo)))
	if err != nil || r.Messages < 12 || r.LastP50 <= 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// A member that misses a message gets the next one in its place.
func TestBroadcastOutOfOrder(t *testing.T) {
	n := 0
	cfg := config(serve(t, true, func(payload []byte) []byte {
		if n++; n == 5 { // one connection publishes, so one goroutine calls this
			return nil
		}
		return echo(payload)
	}))
	cfg.Duration = 2 * time.Second
	if _, err := load.Broadcast(cfg); err == nil || !strings.Contains(err.Error(), "want") {
		t.Errorf("error is %v", err)
	}
}

func TestHandshake(t *testing.T) {
	cfg := config(serve(t, false, echo))
	cfg.Parallel = 2
	r, err := load.Handshake(cfg)
	if err != nil || r.Messages < 2 || r.P50 <= 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestStorm has connections come again at once, and within some time.
func TestStorm(t *testing.T) {
	for _, spread := range []time.Duration{0, 200 * time.Millisecond} {
		cfg := config(serve(t, false, echo))
		cfg.Conns, cfg.Spread = 300, spread
		r, closeAll, err := load.Storm(cfg)
		if err != nil {
			t.Fatal(err)
		}
		closeAll()
		if r.Messages != 300 || r.Seconds < spread.Seconds()/2 || r.P99 <= 0 {
			t.Errorf("spread %v: %+v", spread, r)
		}
	}
}

// TestKeepAnswersPings has a server ping clients that are otherwise silent.
func TestKeepAnswersPings(t *testing.T) {
	pinged := make(chan error, 1)
	s := &server{members: make(map[net.Conn]bool)}
	s.talk = func(c net.Conn, next func() ([]byte, error)) {
		payload, err := next()
		if err == nil {
			_, err = c.Write(echo(payload))
		}
		if err == nil {
			_, err = c.Write(append(wire.AppendHeader(nil, wire.OpPing, 2), "hi"...))
		}
		if err == nil {
			payload, err = next()
		}
		if err == nil && string(payload) != "hi" {
			err = errors.New("it was answered with " + string(payload))
		}
		pinged <- err
	}
	cfg := config(s.start(t, listen(t)))
	cfg.Conns, cfg.Depth = 1, 1
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- load.Keep(cfg, stop) }() // ends with stop
	if err := <-pinged; err != nil {
		t.Error(err)
	}
	close(stop)
	<-done // the server may have closed before
}

func TestHold(t *testing.T) {
	var mu sync.Mutex
	touched := 0
	cfg := config(serve(t, false, func(payload []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		touched++
		return echo(payload)
	}))
	cfg.Conns, cfg.Depth = 600, 1
	closeAll, err := load.Hold(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	mu.Lock()
	defer mu.Unlock()
	if touched != 600 {
		t.Errorf("%d connections were touched, want 600", touched)
	}
}

func TestRefusedHandshake(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() {
		if c, err := l.Accept(); err == nil {
			_, _ = c.Read(make([]byte, 512))
			_, _ = c.Write([]byte("HTTP/1.1 403 Forbidden\r\n\r\n"))
			_ = c.Close()
		}
	})
	cfg := config(l.Addr().String())
	cfg.Conns = 1
	if _, err := load.Echo(cfg); err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("error is %v", err)
	}
}
