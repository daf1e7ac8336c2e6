package wsclient_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/wsclient"
)

// dials counts attempts, each of which gets an answer, or none.
type dials struct {
	answers []string // the last one is repeated
	at      []time.Time
}

func (d *dials) dial(context.Context, string, string) (net.Conn, error) {
	d.at = append(d.at, time.Now())
	answer := d.answers[min(len(d.at), len(d.answers))-1]
	if answer == "" {
		return nil, errors.New("connection refused")
	}
	client, server := net.Pipe()
	go func() { // ends with the client
		buf := make([]byte, 4<<10)
		_, _ = server.Read(buf)
		_, _ = server.Write([]byte(answer))
		_ = server.Close()
	}()
	return client, nil
}

func refusal(status, retryAfter int) string {
	text := "HTTP/1.1 " + strconv.Itoa(status) + " No\r\nContent-Length: 0\r\n"
	if retryAfter > 0 {
		text += "Retry-After: " + strconv.Itoa(retryAfter) + "\r\n"
	}
	return text + "\r\n"
}

// TestDialAgainObeysRetryAfter looks at the waits between attempts.
func TestDialAgainObeysRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{answers: []string{
			refusal(503, 7), refusal(429, 3), refusal(403, 0),
		}}
		_, res, err := wsclient.DialAgain(t.Context(), "ws://pipe/", &wsclient.Options{NetDial: d.dial})
		if err == nil || res == nil || res.StatusCode != http.StatusForbidden || len(d.at) != 3 {
			t.Fatalf("%d attempts, the last with %v", len(d.at), err)
		}
		for n, want := range []time.Duration{7 * time.Second, 3 * time.Second} {
			if got := d.at[n+1].Sub(d.at[n]); got < want || got > want+time.Second {
				t.Errorf("the wait after attempt %d is %v, want %v", n, got, want)
			}
		}
	})
}

// TestDialAgainSpreadsAttempts has a server that is down: the waits grow, and differ.
func TestDialAgainSpreadsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(map[time.Duration]bool)
		for range 20 {
			d := &dials{answers: []string{""}}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			_, _, err := wsclient.DialAgain(ctx, "ws://pipe/", &wsclient.Options{NetDial: d.dial})
			cancel()
			if err == nil || len(d.at) < 15 {
				t.Fatalf("%d attempts, %v", len(d.at), err)
			}
			for n := range len(d.at) - 1 {
				wait := d.at[n+1].Sub(d.at[n])
				if most := min(time.Second<<min(n, 10), 30*time.Second); wait > most {
					t.Errorf("the wait after attempt %d is %v, more than %v", n, wait, most)
				}
			}
			seen[d.at[1].Sub(d.at[0])] = true
		}
		if len(seen) < 15 {
			t.Errorf("of 20 clients, first waits are %v", seen)
		}
	})
}

func TestDialAgainGivesUpAtOnce(t *testing.T) {
	if _, _, err := wsclient.DialAgain(t.Context(), "gopher://x", nil); err == nil {
		t.Error("it dials a gopher")
	}
}
