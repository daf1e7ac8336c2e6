package connect

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/connect/closehint"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// hijack takes the connection of a handshake, and returns the answer that accepts it. conn is nil
// if the test has failed.
func hijack(t *testing.T, w http.ResponseWriter, r *http.Request) (conn net.Conn, accepted []byte) {
	up, err := ws.ParseUpgrade(r)
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	conn, _, err = http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	return conn, up.AppendResponse(nil, "", false)
}

// newClosingServer closes each connection with a code.
func newClosingServer(t *testing.T, code int) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, out := hijack(t, w, r)
		if conn == nil {
			return
		}
		defer conn.Close()
		if code != ws.CloseAbnormal {
			out = ws.AppendClose(out, code, "a reason")
		}
		_, _ = conn.Write(out)
		_, _ = conn.Read(make([]byte, 1024)) // the client's close, or its end
	}))
	t.Cleanup(s.Close)
	return s
}

// What the server has closed with is followed by what to do about it, and by --reconnect if that
// would connect again.
func TestCloseCodesAreExplained(t *testing.T) {
	for code := ws.CloseProtocolError; code <= ws.CloseBadGateway; code++ {
		if !ws.ValidCloseCode(code) && code != ws.CloseAbnormal {
			continue
		}
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := newClosingServer(t, code)
			_, err := talk(t, s, strings.NewReader("hi\n"), Config{Wait: time.Minute})
			want := brackets(closehint.OfServer(code, false))
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("the error is %v, want …%s", err, want)
			}
			if advised := strings.Contains(want, "--reconnect"); advised != canRetry(err) {
				t.Errorf("the hint advises --reconnect: %t; that would connect again: %t", advised,
					canRetry(err))
			}
			if hint := closehint.OfServer(code, true); strings.Contains(hint, "--reconnect") {
				t.Errorf("with --reconnect the hint is %s", hint)
			}
		})
	}
}

// lengthOf answers with the length of the message.
func lengthOf(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
	return c.SendString(ctx, fmt.Sprint(len(m.Data)))
}

// A message over 32 KB comes whole at a server with API Gateway's limits, up to 128 KB; above that
// the hint says which limit it was, and what it says to do helps.
func TestLongMessages(t *testing.T) {
	for _, test := range []struct {
		size    int
		profile string
		want    string // the answer, or the end of the error
	}{
		{128 << 10, gateway.ProfileAWS, "131072\n"},
		{128<<10 + 1, gateway.ProfileAWS, brackets(closehint.OfServer(ws.CloseMessageTooBig, false))},
		{128<<10 + 1, gateway.ProfileServer, "131073\n"},
	} {
		t.Run(fmt.Sprint(test.size, test.profile), func(t *testing.T) {
			t.Parallel()
			profile, err := gateway.NewProfile(test.profile)
			if err != nil {
				t.Fatal(err)
			}
			s := newGatewayOf(t, &gateway.Server{
				Limits: profile.Limits, Extensions: profile.Extensions,
			}, lengthOf)
			got, err := talk(t, s, strings.NewReader(strings.Repeat("x", test.size)+"\n"), Config{Wait: 1})
			if err != nil {
				got = err.Error()
			}
			if !strings.HasSuffix(got, test.want) {
				t.Errorf("got %s, want …%s", got, test.want)
			}
		})
	}
}
