package selfhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func placeOf(t *testing.T, keys string) (Place, error) {
	t.Helper()
	return placeOfFile(t, `{"routes": {"$default": {"mock": "x"}}, `+keys+`}`)
}

func placeOfFile(t *testing.T, config string) (Place, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gateway.json")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(Source{File: file})
	if err != nil {
		return Place{}, err
	}
	return c.place()
}

func TestPlaceOfAnEmbeddedNode(t *testing.T) {
	t.Setenv(idKeyVariable, "k")
	p, err := placeOf(t, `"nats": "embedded", "disconnects": "at-least-once", "api_id": "chat",
		"cluster": {"nodes": ["127.0.0.1:1", "127.0.0.1", "[::1]:3"], "node": "127.0.0.1"}`)
	if err != nil {
		t.Fatal(err)
	}
	if p.Cluster != "chat" || p.Node != "127.0.0.1:6222" || p.Embedded.Node != p.Node ||
		p.NATS != "" || p.Replicas != 3 || string(p.IDKey) != "k" || !p.AtLeastOnce ||
		!filepath.IsAbs(p.Dir) || !strings.HasSuffix(filepath.ToSlash(p.Dir), "nats/127.0.0.1-6222") {
		t.Errorf("the place is %+v", p)
	}
	one, err := placeOf(t, `"nats": "embedded", "cluster": {"nodes": ["web1"], "name": "c"}`)
	if err != nil || one.Node != "web1:6222" || one.Replicas != 1 || one.Cluster != "c" {
		t.Errorf("the place of a node alone is %+v, %v", one, err)
	}
}

// What is wrong with a cluster is said before it starts, with what to do.
func TestPlacesThatCannotBe(t *testing.T) {
	t.Setenv(passwordVariable, "")
	const embedded = `"nats": "embedded", "cluster": {`
	const nodes = `"nodes": ["n1", "n2", "n3"]`
	const three = embedded + nodes + `, "node": "n1"`
	for keys, want := range map[string]string{
		three + `}`: "need a credential: give each the same password (" + passwordVariable + ")",

		three + `, "password_env": "TYG_TEST_NO"}`: "TYG_TEST_NO is not set",

		three + `, "cert_file": "c"}`: `TLS between nodes needs "cert_file", "key_file"`,

		three + `, "cert_file": "c", "key_file": "k", "ca_file": "a"}`: "load certificate",

		three + `, "password_env": "A", "password_file": "B"}`: `"password_env" or "password_file"`,

		embedded + `"nodes": ["n1", "n2"]}`:               "use 1, 3 or 5",
		embedded + `"nodes": ["a b"]}`:                    "such as node1:6222",
		embedded + nodes + `}`:                            "say which this is with --node",
		embedded + nodes + `, "node": "n4"}`:              "n4:6222",
		`"nats": "nats://n1", "cluster": {` + nodes + `}`: `add "nats": "embedded"`,
		`"cluster": {` + nodes + `}`:                      `add "nats": "embedded"`,
	} {
		if _, err := placeOf(t, keys); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nerror %v, want %q", keys, err, want)
		}
	}
	t.Setenv(passwordVariable, "p")
	if _, err := placeOf(t, three+`}`); err == nil ||
		!strings.Contains(err.Error(), "need TLS") || !strings.Contains(err.Error(), "--cluster-ca") {
		t.Errorf("without TLS: %v", err)
	}
	const listens = `"nats": "embedded", "cluster": {"nodes": ["127.0.0.1:1", "127.0.0.1:2",
		"127.0.0.1:3"], "node": "127.0.0.1:1", "listen": "0.0.0.0:1"}`
	if _, err := placeOf(t, listens); err == nil || !strings.Contains(err.Error(), "need TLS") {
		t.Errorf("at all addresses without TLS: %v", err)
	}
}
