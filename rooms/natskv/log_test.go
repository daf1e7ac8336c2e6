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

// A journal is what a Store logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A Store logs that it lost the bucket, and nothing while all is well: its first watch lasts.
func TestLog(t *testing.T) {
	server, way := serve(t), newWire(t)
	j := new(journal)
	store, err := natskv.Open(t.Context(), natskv.Config{
		URL: way.through(t, server), Logger: slog.New(slog.NewTextHandler(j, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	roomstest.Add(t, store, "a")
	roomstest.Rename(t, store, "a", "John")
	if text := j.String(); text != "" {
		t.Errorf("it logs %s", text)
	}
	way.cut()
	eventually(t, "the loss is logged", func() bool { return strings.Contains(j.String(), "lost") })
	way.through(t, server)
	eventually(t, "changes are possible again", func() bool {
		return store.Add(t.Context(), "a") == nil
	})
	if err := store.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if text := j.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "John") {
		t.Errorf("it logs %s", text)
	}
}
