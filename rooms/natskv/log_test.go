package natskv_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

// A logBuffer collects what a Store logs.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A Store logs the loss of a watch, and nothing else.
func TestLossOfTheWatchIsLogged(t *testing.T) {
	t.Parallel()
	server, link := serve(t), newProxy(t)
	log := new(logBuffer)
	store, err := natskv.Open(t.Context(), natskv.Config{
		URL: link.through(t, server), Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	roomstest.Add(t, store, "a")
	roomstest.Rename(t, store, "a", "John")
	if text := log.String(); text != "" {
		t.Errorf("logged %s", text)
	}
	link.cut()
	eventually(t, "the loss is logged", func() bool { return strings.Contains(log.String(), "lost") })
	link.through(t, server)
	eventually(t, "changes are possible again", func() bool {
		return store.Add(t.Context(), "a") == nil
	})
	if err := store.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "John") {
		t.Errorf("logged %s", text)
	}
}
