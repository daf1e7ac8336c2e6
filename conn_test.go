package tyg_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

func TestConnSends(t *testing.T) {
	var r tygtest.Recorder
	c := &tyg.Conn{ID: "john", Sender: &r}
	for _, err := range []error{
		c.Send(t.Context(), []byte("bytes")),
		c.SendString(t.Context(), "text"),
		c.SendJSON(t.Context(), map[string]int{"n": 1}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if got, want := r.Sent("john"), []string{"bytes", "text", `{"n":1}`}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestConnSendJSONOfWhatIsNone(t *testing.T) {
	var r tygtest.Recorder
	c := &tyg.Conn{ID: "john", Sender: &r}
	err := c.SendJSON(t.Context(), make(chan int))
	if err == nil || !strings.HasPrefix(err.Error(), "encode message to john as JSON: ") {
		t.Errorf("SendJSON returned %v", err)
	}
	if len(r.All()) > 0 {
		t.Errorf("sent %v", r.All())
	}
}

func TestConnCloses(t *testing.T) {
	var r tygtest.Recorder
	c := &tyg.Conn{ID: "john", Sender: &r}
	if _, err := c.Info(t.Context()); err != nil {
		t.Errorf("Info returned %v", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("Close returned %v", err)
	}
	if _, err := c.Info(t.Context()); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("Info of a closed connection returned %v", err)
	}
}
