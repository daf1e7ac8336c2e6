//go:build !tyg.lambda

package docs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/browsertest"
)

// A trouble is a request that a server answers as troubleshooting.md says.
type trouble struct {
	path   string      // of the request; "/api/" by default
	header http.Header // beside those of a handshake; a nil value removes one
	method string      // GET by default
	app    func(*tyg.App)
	server func(*gateway.Server)
	before int // connections that are open
}

// troubles returns a request for each row of the page, by its status, and by its body if more than
// one row has the status.
func troubles() map[string]trouble {
	now := time.Now().UTC()
	fail := func(context.Context, *tyg.Conn, *tyg.Request) error { return errors.New("broken") }
	return map[string]trouble{
		"400": {header: http.Header{"Sec-Websocket-Key": nil}},
		"401": {app: func(app *tyg.App) {
			app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
				return tyg.Identity{}, tyg.ErrUnauthorized
			})
		}},
		`403 {"message":"Forbidden"}`: {path: "/other/"},
		"403 your text": {app: func(app *tyg.App) {
			app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
				return tyg.Reject(http.StatusForbidden, "your text")
			})
		}},
		"410": {
			method: http.MethodPost, path: "/api/@connections/A1b2C3d4E5f6G7h=",
			header: http.Header{
				"X-Amz-Date": {now.Format("20060102T150405Z")},
				"Authorization": {"AWS4-HMAC-SHA256 Credential=any/" + now.Format("20060102") +
					"/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, " +
					"Signature=" + strings.Repeat("0", 64)},
			},
		},
		"426": {header: http.Header{"Connection": nil, "Upgrade": nil}},
		"429": {
			header: http.Header{"X-Forwarded-For": {"192.0.2.1"}}, before: 1,
			server: func(s *gateway.Server) {
				s.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
				s.Limits.ConnsPerAddress = 1
			},
		},
		"500": {app: func(app *tyg.App) {
			app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
				return tyg.Identity{}, errors.New("broken")
			})
		}},
		"502": {app: func(app *tyg.App) { app.OnConnect(fail) }},
		"503": {before: 1, server: func(s *gateway.Server) { s.Limits.Conns = 1 }},
		"504": {
			app: func(app *tyg.App) {
				app.OnConnect(func(ctx context.Context, _ *tyg.Conn, _ *tyg.Request) error {
					<-ctx.Done()
					return ctx.Err()
				})
			},
			server: func(s *gateway.Server) { s.Limits.Integration = 10 * time.Millisecond },
		},
	}
}

// TestTroubleshootingStatuses causes each row of the page's first table but 404, which
// TestMissingPageIs404 causes.
func TestTroubleshootingStatuses(t *testing.T) {
	cases := troubles()
	row := regexp.MustCompile(`^\| ([45]\d\d) \|([^|]*)\|`)
	for i, line := range readLines(t, "troubleshooting.md") {
		m := row.FindStringSubmatch(line)
		if m == nil || m[1] == "404" {
			continue
		}
		body := strings.TrimSuffix(strings.Trim(m[2], " `"), "…")
		key := m[1]
		if _, ok := cases[key]; !ok {
			key += " " + body
		}
		c, ok := cases[key]
		if !ok {
			t.Errorf("troubleshooting.md:%d: no case causes %s", i+1, key)
			continue
		}
		delete(cases, key)
		t.Run(key, func(t *testing.T) {
			status, text := c.cause(t)
			if strconv.Itoa(status) != m[1] || !strings.Contains(text, body) {
				t.Errorf("troubleshooting.md:%d: the answer is %d %q, want %s %q",
					i+1, status, text, m[1], body)
			}
		})
	}
	for key := range cases {
		t.Errorf("troubleshooting.md has no row for %s", key)
	}
}

// cause sends the request to a server of its own.
func (c trouble) cause(t *testing.T) (status int, body string) {
	t.Helper()
	app := tyg.New("trouble")
	if c.app != nil {
		c.app(app)
	}
	s := &gateway.Server{Handler: app}
	if c.server != nil {
		c.server(s)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		_ = s.Shutdown(t.Context()) // t.Context is over: nothing waits
		web.Close()
	})
	for range c.before {
		if status, body := c.request(t, web.URL); status != http.StatusSwitchingProtocols {
			t.Fatalf("the first connection gets %d %s", status, body)
		}
	}
	return c.request(t, web.URL)
}

func (c trouble) request(t *testing.T, server string) (status int, body string) {
	t.Helper()
	path, method := "/api/", http.MethodGet
	if c.path != "" {
		path = c.path
	}
	if c.method != "" {
		method = c.method
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, server+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = address.Host
	if method == http.MethodGet {
		r.Header = http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
			"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		}
	}
	for name, values := range c.header {
		if r.Header[name] = values; values == nil {
			r.Header.Del(name)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode == http.StatusSwitchingProtocols {
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer.StatusCode, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestMissingPageIs404 asks a server with pages for one that it does not have.
func TestMissingPageIs404(t *testing.T) {
	app := tyg.New("pages")
	app.Pages(fstest.MapFS{"index.html": &fstest.MapFile{Data: []byte("a page")}})
	answer, err := http.Get(browsertest.Serve(t, app).URL + "gone.html")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	page := strings.Join(readLines(t, "troubleshooting.md"), "\n")
	if answer.StatusCode != http.StatusNotFound || err != nil ||
		!strings.Contains(page, "| 404 | `"+strings.TrimSpace(string(text))+"` |") {
		t.Errorf("a page that is missing is answered %d %q, %v", answer.StatusCode, text, err)
	}
}
