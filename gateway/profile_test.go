package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

func TestProfileString(t *testing.T) {
	server, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		t.Fatal(err)
	}
	for want, p := range map[string]gateway.Profile{
		"works as Amazon API Gateway": {},
		"differs from Amazon API Gateway: binary messages, messages up to 16 MB, frames up to 16 MB, " +
			"no idle limit, no age limit, pings after 25s": server,
		"differs from Amazon API Gateway: messages of any size, URLs up to 1000 characters, " +
			"handler timeout 1m0s, " +
			"close codes by DELETE": {
			Limits:     gateway.Limits{Message: -1, URL: 1000, Integration: time.Minute},
			Extensions: gateway.Extensions{CloseCodes: true},
		},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestUnknownProfile(t *testing.T) {
	if _, err := gateway.NewProfile("fast"); err == nil || !strings.Contains(err.Error(), `"server"`) {
		t.Errorf("the error is %v, want one that names the profiles", err)
	}
}

// TestServerProfile echoes the largest message of the profile, in one frame, and the type of binary
// ones.
func TestServerProfile(t *testing.T) {
	p, err := gateway.NewProfile(gateway.ProfileServer)
	if err != nil {
		t.Fatal(err)
	}
	onBoth(t, func(t *testing.T, portable bool) {
		app := tyg.New("test")
		app.OnMessage(echoInKind)
		r := start(t, &gateway.Server{
			Handler: app, Portable: portable, Limits: p.Limits, Extensions: p.Extensions,
		})
		large := strings.Repeat("x", 16<<20)
		c, err := r.try(&wsclient.Options{MaxMessage: len(large)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.CloseNow() })
		for _, op := range []ws.Opcode{ws.OpText, ws.OpBinary} {
			if err := c.Write(t.Context(), op, []byte(large)); err != nil {
				t.Fatal(err)
			}
			c.expectFrame(t, op, large)
		}
	})
}
