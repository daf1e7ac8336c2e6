package replay_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/replay"
)

// leaves is a session that the server ends.
const leaves = `{"tyg_recording":1}
{"at":0,"type":"open","conn":"a"}
{"at":1,"type":"in","conn":"a","text":"hi"}
{"at":2,"type":"close","conn":"a","code":1000,"by":"server"}
`

// TestReplayEndsWithAServerThatDoesNotStop sends messages for as long as the client is there.
func TestReplayEndsWithAServerThatDoesNotStop(t *testing.T) {
	t.Parallel()
	app := tyg.New("flood")
	big := []byte(strings.Repeat("x", 100<<10))
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		go func() { // ends with c
			for {
				err := app.Sender().Send(context.Background(), c.ID, big)
				if errors.Is(err, tyg.ErrGone) {
					return
				}
			}
		}()
		return nil
	})
	_, u := serve(t, app)
	cfg := config(u)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := replay.Run(ctx, strings.NewReader(leaves), cfg)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]int)
	for _, d := range report.Differences {
		kinds[d.Kind]++
	}
	if kinds["closed"] != 1 || kinds["unexpected"] == 0 || kinds["unexpected"] > 100 {
		t.Errorf("the differences are %v", kinds)
	}
}

// TestReplayGivesUpOnASilentServer has a server that accepts and says nothing.
func TestReplayGivesUpOnASilentServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		defer server.Close()
		go func() { _, _ = io.Copy(io.Discard, server) }() // ends with the pipe
		cfg := config(&url.URL{Scheme: "ws", Host: "silent.example"})
		cfg.Options.NetDial = func(context.Context, string, string) (net.Conn, error) {
			return client, nil
		}
		began := time.Now()
		_, err := replay.Run(t.Context(), strings.NewReader(leaves), cfg)
		if err == nil || !strings.Contains(err.Error(), "has not answered a handshake") {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}
