package wsclient_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestClose(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.expect(show(ws.OpClose, "\x0f\xa0bye"))
		p.write(plain(fin|1, "late") + plain(fin|9, "late") + plain(fin|8, "\x0f\xa0"))
		p.expectEnd()
	}), nil)
	if err := c.Close(4000, "bye"); err != nil {
		t.Error(err)
	}
	if err := c.Write(t.Context(), ws.OpText, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write: got %v, want %v", err, net.ErrClosed)
	}
	if err := c.CloseNow(); err != nil {
		t.Errorf("CloseNow after Close: %v", err)
	}
}

func TestCloseWithoutStatus(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) {
		p.expect(show(ws.OpClose, ""))
		p.write(plain(fin|8, ""))
	}), nil)
	if err := c.Close(ws.CloseNoStatus, ""); err != nil {
		t.Error(err)
	}
}

func TestCloseDuringRead(t *testing.T) {
	c := dial(t, serve(t, echo), nil)
	done := make(chan error)
	go func() {
		_, _, err := c.Read(t.Context())
		done <- err
	}()
	if err := c.Close(ws.CloseGoingAway, ""); err != nil {
		t.Error(err)
	}
	if err := <-done; closeCode(err) != ws.CloseGoingAway {
		t.Errorf("Read: got %v, want 1001", err)
	}
}

func TestCloseTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t)
		go func() { _, _ = io.Copy(io.Discard, s) }() // ends with the pipe, sends no answer
		start := time.Now()
		err := c.Close(ws.CloseNormal, "")
		if took := time.Since(start); err == nil || took != 5*time.Second {
			t.Errorf("got %v after %v, want an error after 5 s", err, took)
		}
	})
}

func TestCloseTimesOutAfterACancelledRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pipe(t)
		go func() { _, _ = io.Copy(io.Discard, s) }() // ends with the pipe, sends no answer
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() {
			_, _, err := c.Read(ctx)
			done <- err
		}()
		synctest.Wait()
		start := time.Now()
		err := c.Close(ws.CloseNormal, "")
		if took := time.Since(start); err == nil || took != 5*time.Second {
			t.Errorf("got %v after %v, want an error after 5 s", err, took)
		}
		if err := <-done; err != context.DeadlineExceeded {
			t.Errorf("Read: got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

func TestReadWaitsForAnotherRead(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) { p.expectEnd() }), nil)
	done := make(chan error, 1)
	go func() {
		_, _, err := c.Read(t.Context())
		done <- err
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel() // before or during Read, which may or may not have the lock
	if _, _, err := c.Read(ctx); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	_ = c.CloseNow()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the other Read: got %v, want %v", err, net.ErrClosed)
	}
}

func TestCloseNowEndsRead(t *testing.T) {
	c := dial(t, serve(t, func(p *peer) { p.expectEnd() }), nil)
	go func() { _ = c.CloseNow() }()
	if _, _, err := c.Read(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}
