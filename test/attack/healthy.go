package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A healthy client sends a short message now and then, and wants it back.
type healthy struct {
	conn *wsclient.Conn
	sent int
}

const patience = 20 * time.Second

func newHealthy(url string) (*healthy, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := wsclient.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	return &healthy{conn: c}, nil
}

// measure returns in what time 99 of 100 answers came, or why one was wrong or did not come.
func (h *healthy) measure(d time.Duration) (p99 time.Duration, err error) {
	var took []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end) || len(took) < 20; {
		start := time.Now()
		if err := h.ask(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(start))
		time.Sleep(2 * time.Millisecond)
	}
	slices.Sort(took)
	return took[len(took)*99/100], nil
}

func (h *healthy) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h.sent++
	want := fmt.Sprint("message ", h.sent)
	if err := h.conn.Write(ctx, ws.OpText, []byte(want)); err != nil {
		return err
	}
	_, got, err := h.conn.Read(ctx)
	if err == nil && string(got) != want {
		err = fmt.Errorf("%q came in place of %q", got, want)
	}
	return err
}

func (h *healthy) close() { _ = h.conn.CloseNow() }
