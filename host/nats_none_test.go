//go:build !tyg.lambda && (!tyg.nats || tyg.local)

package host_test

import (
	"strings"
	"testing"
)

// A program without NATS that is to join a cluster says what to do, and does not run alone.
func TestRunBuiltWithoutNATS(t *testing.T) {
	p := run(t, "main")
	p.Env = append(p.Env, "TYG_NATS_URL=nats://u:secret@127.0.0.1:1")
	p.start(t)
	if err := p.Wait(); err == nil {
		t.Error("it ends without an error")
	}
	const want = "TYG_NATS_URL is set, but this program was built without NATS; " +
		"build it with -tags tyg.nats"
	if log := p.stderr.String(); !strings.Contains(log, want) || strings.Contains(log, "secret") {
		t.Errorf("logged %s", log)
	}
}
