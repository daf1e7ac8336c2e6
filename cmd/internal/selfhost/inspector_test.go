package selfhost

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The inspector is on the admin listener if there is a token for it, and only then.
func TestInspectorNeedsAToken(t *testing.T) {
	t.Setenv("INSPECT_TOKEN", "0123456789abcdef")
	t.Setenv("SHORT_TOKEN", "secret")
	t.Setenv("ODD_TOKEN", "0123456789 abcdef")
	const routes = `"routes": {"$default": {"url": "http://127.0.0.1:1/"}}`
	open := func(admin string) (*Gateway, error) {
		cfg, err := parse("{" + routes + admin + "}")
		if err != nil {
			return nil, err
		}
		var out strings.Builder
		g, err := New(t.Context(), cfg, &out, &out)
		if err == nil {
			t.Cleanup(g.Close)
			g.openInspector(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8000})
		}
		return g, err
	}
	status := func(g *Gateway, path, authorization string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Host = "127.0.0.1:9090"
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		g.adminHandler().ServeHTTP(w, r)
		return w.Code
	}
	off, err := open("")
	if err != nil {
		t.Fatal(err)
	}
	on, err := open(`, "admin": {"inspect_token_env": "INSPECT_TOKEN"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := status(off, "/inspect/", ""); got != http.StatusNotFound {
		t.Errorf("without a token the page is %d", got)
	}
	if got := status(on, "/inspect/", ""); got != http.StatusOK {
		t.Errorf("the page is %d", got)
	}
	if got := status(on, "/livez", ""); got != http.StatusOK {
		t.Errorf("beside it /livez is %d", got)
	}
	if got := status(on, "/inspect/api/events", "Bearer wrong"); got != http.StatusUnauthorized {
		t.Errorf("with a wrong token it is %d", got)
	}
	for admin, want := range map[string]string{
		`{"inspect_token_env": "NO_SUCH_TOKEN"}`:                            "NO_SUCH_TOKEN is not set",
		`{"inspect_token_env": "SHORT_TOKEN"}`:                              "at least 16",
		`{"inspect_token_env": "ODD_TOKEN"}`:                                "16 letters, digits and",
		`{"inspect_token_file": "no-such-file"}`:                            "no-such-file",
		`{"inspect_token_env": "INSPECT_TOKEN", "inspect_token_file": "x"}`: "not both",
		`{"off": true, "inspect_token_env": "INSPECT_TOKEN"}`:               `admin is "off"`,
	} {
		if _, err := open(`, "admin": ` + admin); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", admin, err, want)
		}
	}
}
