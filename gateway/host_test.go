package gateway_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/gateway"
)

// TestOtherHostsAreRefused calls servers by names that are theirs and names that are not.
func TestOtherHostsAreRefused(t *testing.T) {
	const remote, origin = "X-Forwarded-For: 192.0.2.1", "Origin: http://"
	get := func(path string) string { return "GET " + path + " HTTP/1.1" }
	tests := []struct {
		name, host, line string // line: in place of that of a handshake
		extra            []string
		want             int
	}{
		{"its name", "chat.example", "", []string{remote}, 101},
		{"its name, with a port", "CHAT.example:8000", "", []string{remote}, 101},
		{"a name below", "a.chat.example", "", []string{remote}, 403},
		{"a name below another", "a.example.org", "", []string{remote}, 101},
		{"another name", "evil.example", "", []string{remote}, 403},
		{"an address, by a proxy", "127.0.0.1", "", []string{remote}, 403},
		{"an address, here", "127.0.0.1", "", nil, 101},
		{"localhost, here", "localhost:1", "", nil, 101},
		{"another name, here", "evil.example", "", nil, 403},
		{"a page of its name, here", "chat.example", "", []string{origin + "chat.example"}, 101},
		{"a page of another name, here", "evil.example", "", []string{origin + "evil.example"}, 403},
		{"a page elsewhere, here", "chat.example", "", []string{origin + "evil.example"}, 403},
		{"HTTP by its name", "chat.example", get("/x"), []string{remote}, 418},
		{"HTTP by another name", "evil.example", get("/x"), []string{remote}, 403},
		{"HTTP by another name, here", "evil.example", get("/x"), nil, 403},
		{
			"@connections by another name, here", "x.execute-api.y.amazonaws.com",
			get("/@connections/x"), nil, 403,
		},
		{"@connections by another name", "evil.example", get("/@connections/x"), []string{remote}, 403},
	}
	for name, start := range map[string]func(testing.TB, *gateway.Server) *rig{
		"Serve": start, "mounted": startMounted,
	} {
		r := start(t, &gateway.Server{
			Handler: echo(), Hosts: []string{"chat.example", "*.example.org"},
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			HTTP: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTeapot)
			}),
		})
		for _, tt := range tests {
			request := strings.Replace(r.handshake(tt.extra...), r.host(), tt.host, 1)
			if tt.line != "" {
				request = tt.line + "\r\nHost: " + tt.host + "\r\n" + strings.Join(tt.extra, "\r\n") +
					"\r\n\r\n"
				request = strings.Replace(request, "\r\n\r\n\r\n", "\r\n\r\n", 1)
			}
			res, body := r.ask(t, request)
			if res.StatusCode != tt.want {
				t.Errorf("%s, %s: status %d, want %d", name, tt.name, res.StatusCode, tt.want)
			}
			want := `{"message":"Forbidden"}`
			if tt.name == "@connections by another name, here" { // it is not signed
				want = `{"message":"Missing Authentication Token"}`
			}
			if tt.want == 403 && body != want {
				t.Errorf("%s, %s: body %q, want %q", name, tt.name, body, want)
			}
		}
		if s := r.Stats(); s.Refused["host"] < 5 || s.Refused["other"] != 0 {
			t.Errorf("%s: refused %v", name, s.Refused)
		}
	}
}

func TestBadHostsAreRefusedAtStart(t *testing.T) {
	srv := &gateway.Server{Handler: echo(), Hosts: []string{"https://chat.example"}}
	if err := srv.Start(); err == nil || !strings.Contains(err.Error(), "chat.example.com") {
		t.Errorf("Start: %v", err)
	}
	if gateway.CheckHosts(srv.Hosts) == nil || gateway.CheckHosts([]string{"chat.example"}) != nil {
		t.Error("CheckHosts does not say the same")
	}
}
