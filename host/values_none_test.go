//go:build !tyg.lambda && (!tyg.nats || tyg.local)

package host_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A program without NATS that uses values says what to do; one that uses none just runs.
func TestRunBuiltWithoutNATS(t *testing.T) {
	p := run(t, "main")
	p.Env = append(p.Env, "TYG_NATS_URL=nats://u:secret@127.0.0.1:1")
	p.start(t)
	c := dial(t, p.url(t), nil)
	wantEcho(t, c)
	if err := c.Write(t.Context(), ws.OpText, []byte(`{"action":"count"}`)); err != nil {
		t.Fatal(err)
	}
	if _, data, err := c.Read(t.Context()); err != nil || !strings.Contains(string(data), "Internal") {
		t.Errorf("answer %q, %v", data, err)
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	const want = "TYG_NATS_URL is set, but this program was built without NATS; " +
		"build it with -tags tyg.nats"
	if log := p.stderr.String(); !strings.Contains(log, want) || strings.Contains(log, "secret") {
		t.Errorf("logged %s", log)
	}
}
