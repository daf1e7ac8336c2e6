package tygotel_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygotel"
	"github.com/tyg-dev/tyg/tygtest"
)

func TestConnectionsAreForgottenAtTheirEnd(t *testing.T) {
	r := newRig(t)
	app := newApp()
	kept := tygotel.InstrumentKept(app, r.cfg)
	host := tygtest.NewHost(t, app)
	_, _ = host.Try(tygtest.Dial{Query: map[string][]string{"be": {"refused"}}})
	_, _ = host.Try(tygtest.Dial{Query: map[string][]string{"be": {"failed"}}})
	host.Dial().Close(1000, "")
	host.Dial()
	if n := kept(); n != 1 {
		t.Errorf("%d connections are kept, want 1", n)
	}
}

// TestConnectionsOfLambdaAreForgotten has a host that makes a Conn for each event, and gives the
// disconnects to another process.
func TestConnectionsOfLambdaAreForgotten(t *testing.T) {
	r := newRig(t)
	app := newApp()
	kept := tygotel.InstrumentKept(app, r.cfg)
	for _, id := range []tyg.ConnID{"one", "two", "three"} {
		e := tyg.Event{
			Type: tyg.EventConnect, Route: tyg.RouteConnect, Request: &tyg.Request{},
			Conn: &tyg.Conn{ID: id, Sender: silent{}},
		}
		if _, err := app.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); kept() > 0; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("%d connections are kept", kept())
		}
	}
}
