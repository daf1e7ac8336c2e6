package load_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

func TestAction(t *testing.T) {
	cfg := config(serve(t, false, func(payload []byte) []byte {
		data, begins := bytes.CutPrefix(payload, []byte(`{"action":"echo","data":"`))
		data, ends := bytes.CutSuffix(data, []byte(`"}`))
		if !begins || !ends {
			t.Errorf("message is %s", payload)
		}
		return echo(data)
	}))
	cfg.Dialect = load.Action
	r, err := load.Echo(cfg)
	if err != nil || r.Messages < 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// chatServer speaks the protocol of the chat as the client sees it: an answer to a nickname and one
// to /join, announcements of other members, and lines with a name in front. A new member is
// announced to members of the room, and to clients whose answer to /join is on its way.
func chatServer(t *testing.T) string {
	t.Helper()
	room := &server{members: make(map[net.Conn]bool), room: true}
	return serveConns(t, func(c net.Conn, next func() ([]byte, error)) {
		name, err := next()
		if err != nil {
			return
		}
		say := func(format string, args ...any) []byte { return echo(fmt.Appendf(nil, format, args...)) }
		_, _ = c.Write(say("Using nickname: %s\nType /help for list of commands.", name))
		if text, _ := next(); string(text) != "/join bench" {
			return
		}
		room.join(c)
		_ = room.send(c, say("%s joined room.", name))
		_, _ = c.Write(say(`Joined chat room "bench"`))
		for {
			text, err := next()
			if err != nil || room.send(c, say("%s: %s", name, text)) != nil {
				return
			}
		}
	})
}

func TestChat(t *testing.T) {
	cfg := config(chatServer(t))
	cfg.Dialect, cfg.Conns, cfg.Size = load.Chat, 20, 64
	r, err := load.Broadcast(cfg)
	if err != nil || r.Messages < 1 {
		t.Errorf("%+v, %v", r, err)
	}
	cfg.Size = 20
	if _, err := load.Broadcast(cfg); err == nil {
		t.Error("no error for lines that cannot be told from news")
	}
}

func TestChatRefuses(t *testing.T) {
	cfg := config(serve(t, false, func([]byte) []byte { return echo([]byte("The chat is full.")) }))
	cfg.Dialect, cfg.Size = load.Chat, 64
	if _, err := load.Broadcast(cfg); err == nil || !strings.Contains(err.Error(), "is full") {
		t.Errorf("error is %v", err)
	}
}

func TestBursts(t *testing.T) {
	cfg := config(serve(t, false, echo))
	cfg.Conns, cfg.Depth = 1, 8
	ready := 0
	cfg.Ready = func() error { ready++; return nil }
	r, err := load.Bursts(cfg, 5, false)
	if err != nil || r.Messages != 40 || ready != 1 {
		t.Errorf("%d messages, ready %d times, %v", r.Messages, ready, err)
	}
	cfg.Addr, cfg.Conns, cfg.Depth = serve(t, true, echo), 7, 1
	if r, err = load.Bursts(cfg, 5, true); err != nil || r.Messages != 35 {
		t.Errorf("%d deliveries, %v", r.Messages, err)
	}
}

func TestSourceAndPath(t *testing.T) {
	var mu sync.Mutex
	seen := make(map[string]bool)
	s := &server{answer: echo, members: make(map[net.Conn]bool)}
	s.seen = func(from net.Addr, request []byte) {
		mu.Lock()
		defer mu.Unlock()
		host, _, _ := net.SplitHostPort(from.String())
		line, _, _ := bytes.Cut(request, []byte("\r\n"))
		seen[host+" "+string(line)] = true
	}
	cfg := config(s.start(t, listen(t)))
	cfg.Source, cfg.Path = netip.MustParseAddr("127.0.7.1"), "/?room"
	if _, err := load.Echo(cfg); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != 1 || !seen["127.0.7.1 GET /?room HTTP/1.1"] {
		t.Errorf("the server saw %v", seen)
	}
}

// serveConns calls talk for each connection, once its handshake is answered.
func serveConns(t *testing.T, talk func(c net.Conn, next func() ([]byte, error))) string {
	t.Helper()
	s := &server{members: make(map[net.Conn]bool), talk: talk}
	return s.start(t, listen(t))
}
