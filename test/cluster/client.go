//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

const (
	burstShare   = 3                      // messages that a client sends at a time, on average
	speakEvery   = 400 * time.Millisecond // between such bursts, on average
	crowdEvery   = 10 * time.Second       // the same, of one of the crowd
	dialPatience = 3 * time.Second
)

// client connects to any node, talks, and connects again, until ctx ends.
func (f *fleet) client(ctx context.Context, crowd bool) {
	for ctx.Err() == nil {
		if m := f.any(); m != nil {
			address := m.front.addr()
			if crowd {
				address = m.address // a proxy costs two descriptors for each
			}
			f.session(ctx, address, m.generation, crowd)
		}
		pause(ctx, rand.N(300*time.Millisecond))
	}
}

// session is one connection, from its handshake to its end.
func (f *fleet) session(ctx context.Context, address, generation string, crowd bool) {
	url := "ws://" + address + "/api/"
	if crowd {
		url += "?crowd=1"
	}
	dial, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	socket, _, err := wsclient.Dial(dial, url, nil)
	if err != nil {
		f.refused(generation, err)
		return
	}
	defer socket.CloseNow() //nolint:errcheck // it is over
	_, data, err := socket.Read(dial)
	id, ok := strings.CutPrefix(string(data), "I ")
	if err != nil || !ok {
		f.refused(generation, fmt.Errorf("first message %q: %w", data, err))
		return
	}
	c := &conn{
		id: id, node: generation, opened: time.Now(), last: make(map[string]int),
		answered: make(map[int]bool), casts: make(map[string]time.Time), crowd: crowd,
		move: func() { go socket.Close(ws.CloseNormal, "") }, //nolint:errcheck // it ends soon
	}
	f.opened(c)
	ended := make(chan struct{})
	go f.speak(c, socket, ended) // ended ends it
	code := f.listen(ctx, c, socket)
	close(ended)
	f.over(c, code, ctx.Err() != nil)
}

// refused notes why a client could not connect.
func (f *fleet) refused(generation string, err error) {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	if n := f.h.nodes[generation]; n != nil {
		n.refused = err
	}
}

// speak sends numbered messages. That they are not answered is no fault: their node may be frozen.
func (f *fleet) speak(c *conn, socket *wsclient.Conn, ended chan struct{}) {
	every := speakEvery
	if c.crowd {
		every = crowdEvery
	}
	for number := 1; ; number++ {
		wait := rand.N(2 * every)
		if rand.IntN(burstShare) > 0 {
			wait = 0
		}
		select {
		case <-ended:
			return
		case <-time.After(wait):
		}
		f.h.mu.Lock()
		c.asked[number%len(c.asked)] = question{number, time.Now()}
		f.h.mu.Unlock()
		// Not the client's context: one that ends in the middle of a write would break the connection.
		err := socket.Write(context.Background(), ws.OpText, fmt.Append(nil, "M ", number))
		if err != nil {
			return
		}
	}
}

// listen notes what comes, and returns the close code.
func (f *fleet) listen(ctx context.Context, c *conn, socket *wsclient.Conn) int {
	for {
		_, data, err := socket.Read(ctx)
		if closed, ok := errors.AsType[*ws.CloseError](err); ok {
			return int(closed.Code)
		}
		if err != nil {
			return ws.CloseAbnormal
		}
		f.heard(c, string(data))
	}
}

// heard notes one message.
func (f *fleet) heard(c *conn, text string) {
	now := time.Now()
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	var number int
	if n, _ := fmt.Sscanf(text, "A %d", &number); n == 1 {
		c.answered[number] = true
		if q := c.asked[number%len(c.asked)]; q.number == number {
			c.acks = append(c.acks, ack{number, q.at, now})
			c.lastAsked = later(c.lastAsked, q.at)
		}
		return
	}
	var d delivery
	var sent int64
	if n, _ := fmt.Sscanf(text, "S %s %d %d", &d.sender, &d.number, &sent); n != 3 {
		return // an error frame
	}
	d.sent, d.at = unix(sent), now
	c.got = append(c.got, d)
	if name, ok := strings.CutSuffix(d.sender, "-all"); ok {
		c.casts[name[:strings.LastIndexByte(name, '-')]] = d.sent
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
