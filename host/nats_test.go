//go:build tyg.nats && !tyg.lambda && !tyg.local

package host_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/natsd"
)

func TestRunBuiltWithNATS(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	for want := 1; want <= 2; want++ { // one process after the other
		p := run(t, "main")
		p.Env = append(p.Env, "TYG_NATS_URL="+server.URL())
		p.start(t)
		n, err := count(t.Context(), dial(t, p.url(t), nil), 1)
		if err != nil || n != want {
			t.Errorf("the count is %d, %v, want %d", n, err, want)
		}
		_ = p.Process.Kill()
		_ = p.Wait()
	}
}
