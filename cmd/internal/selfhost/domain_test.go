package selfhost

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestDomainInEventsIsTheOperators: what functions build addresses from is never the client's word.
func TestDomainInEventsIsTheOperators(t *testing.T) {
	const local = "127.0.0.1:1234"
	const routes = `{"routes": {"$default": {"url": "http://127.0.0.1:9000/"}}`
	for _, tt := range []struct{ keys, want string }{
		{``, local},
		{`, "domain_name": "chat.example.com"`, "chat.example.com"},
		{`, "tls": {"acme": {"hosts": ["a.example", "b.example"]}}`, "a.example"},
		{`, "tls": {"acme": {"hosts": ["a.example"]}}, "domain_name": "c.example:444"`, "c.example:444"},
		{`, "tls": {"acme": {"hosts": ["a.example"]}}, "functions_tls": true`, local},
		{`, "hosts": ["d.example", "e.example"]`, "d.example"},
		{`, "hosts": ["*.example"]`, local},
		{`, "hosts": ["d.example"], "domain_name": "c.example"`, "c.example"},
		{`, "tls": {"cert_file": "c", "key_file": "k"}`, local},
	} {
		c, err := parse(routes + tt.keys + `}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.domain(local); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.keys, got, tt.want)
		}
	}
	for _, keys := range []string{
		`, "domain_name": "https://chat.example.com"`, `, "domain_name": "user@example.com"`,
		`, "domain_name": "a.example", "functions_tls": true`,
	} {
		_, err := parse(routes + keys + `}`)
		if err == nil || !strings.Contains(err.Error(), "domain_name") {
			t.Errorf("%s: error %v", keys, err)
		}
	}
}

func TestFunctionsTLSIsForTheFunctions(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	c, err := parse(`{
		"routes": {"$default": {"url": "http://127.0.0.1:9000/"}}, "admin": {"off": true},
		"functions_tls": true
	}`)
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(t.Context(), c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var bundle string
	for _, entry := range g.environ {
		if value, ok := strings.CutPrefix(entry, "NODE_EXTRA_CA_CERTS="); ok {
			bundle = value // the last one counts
		}
	}
	if _, err := os.Stat(bundle); err != nil || !strings.HasPrefix(bundle, temp) {
		t.Errorf("functions trust %q: %v", bundle, err)
	}
	g.Close()
	if _, err := os.Stat(bundle); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Close there is %s: %v", bundle, err)
	}
}

// TestHostsHaveTheOtherNames: who lists hosts need not list twice what the configuration has.
func TestHostsHaveTheOtherNames(t *testing.T) {
	const routes = `{"routes": {"$default": {"url": "http://127.0.0.1:9000/"}}`
	for keys, want := range map[string]string{
		`, "domain_name": "c.example"`:                                        "",
		`, "hosts": ["d.example"]`:                                            "d.example",
		`, "hosts": ["d.example"], "domain_name": "c.example:444"`:            "d.example c.example",
		`, "hosts": ["d.example"], "tls": {"acme": {"hosts": ["a.example"]}}`: "d.example a.example",
	} {
		c, err := parse(routes + keys + `}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.hosts(), " "); got != want {
			t.Errorf("%s: %q, want %q", keys, got, want)
		}
	}
	if _, err := parse(routes + `, "hosts": ["a b"]}`); err == nil {
		t.Error("a bad host is accepted")
	}
}
