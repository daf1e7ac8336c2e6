package selfhost

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/strict/stricttest"
)

// The example has every key of every kind of object, so that users need not read the source.
func TestExampleHasEveryKey(t *testing.T) {
	if _, err := parse([]byte(Example), nil); err != nil {
		t.Fatal(err)
	}
	var seen map[string]any
	if err := json.Unmarshal([]byte(Example), &seen); err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]bool)
	collect(seen, keys)
	other := map[string]bool{ // what cannot stand beside what the example has
		"app": true, "cert_file": true, "key_file": true, "directory_url": true, "off": true,
		// Secrets are not on every machine; the page about self-hosting shows their keys.
		"access_key_id": true, "secret_env": true, "secret_file": true,
	}
	for _, key := range keysOf(reflect.TypeFor[Config](), make(map[reflect.Type]bool)) {
		if !keys[key] && !other[key] {
			t.Errorf("the example lacks the key %q", key)
		}
	}
}

// The example is valid as it stands, so that users can change it step by step.
func TestExampleIsValid(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("the example of a configuration, of shell scripts, was not run: %v", err)
	}
	file := filepath.Join(t.TempDir(), "gateway.json")
	if err := os.WriteFile(file, []byte(Example), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Read(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(t.Context(), c, io.Discard, io.Discard)
	if err == nil {
		err = g.Check()
	}
	if err != nil {
		t.Error(err)
	}
	if made, err := os.ReadDir(filepath.Dir(file)); err != nil || len(made) != 1 {
		t.Errorf("the check has made files: %v, %v", made, err)
	}
}

func collect(v any, keys map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			keys[key] = true
			collect(value, keys)
		}
	case []any:
		for _, value := range v {
			collect(value, keys)
		}
	}
}

func keysOf(t reflect.Type, seen map[reflect.Type]bool) (keys []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return keysOf(t.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[t] {
		return nil
	}
	seen[t] = true
	for _, f := range reflect.VisibleFields(t) {
		if key := f.Tag.Get("json"); key != "" {
			keys = append(keys, key)
		}
		keys = append(keys, keysOf(f.Type, seen)...)
	}
	return keys
}

// What the page about self-hosting shows is a configuration.
func TestConfigurationsOfSelfHostingPageAreValid(t *testing.T) {
	page, err := os.ReadFile("../../../docs/self-hosting.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```json\n")[1:]
	if len(blocks) == 0 {
		t.Error("the page has no configuration")
	}
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		if _, err := parse([]byte(text), nil); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

func TestEachKeyHasARange(t *testing.T) {
	parse := func(data []byte) error { _, err := parse(data, nil); return err }
	// What the others are checked against is on this machine or on AWS: see TestScripts.
	stricttest.Test(t, reflect.TypeFor[Config](), parse, `api_id app function arn dir handler
		runtime url
		domain_name route_selection_expression region account_id
		cert_file key_file cache_dir email file format level profile`)
}

// .tyg has the files of tyg; the programs of a project are beside it.
func TestPathsStartAtTheProject(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".tyg"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"gateway.json", ".tyg/gateway.json"} {
		file = filepath.Join(dir, filepath.FromSlash(file))
		err := os.WriteFile(file, []byte(`{"routes": {"$default": {"url": "http://x"}}}`), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Read(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := c.path("bootstrap"), filepath.Join(dir, "bootstrap"); got != want {
			t.Errorf("in %s bootstrap is %s, want %s", file, got, want)
		}
	}
}

func TestParseRejects(t *testing.T) {
	const routes = `"routes": {"$default": {"url": "http://x"}}`
	for text, want := range map[string]string{
		`{`:           "1: this is not JSON",
		`{"a": 1}`:    `1: there is no key "a"`,
		`{"addr": 1}`: `1: "addr" must be a string, not number`,
		`{"routes": {"$default": {"funktion": "f"}}}`: `1: there is no key ` +
			`"routes.$default.funktion"; did you mean "function"?`,
		`{"app": "f", ` + routes + `}`: ` "app" describes its own routes`,
		`{` + routes + `, "tls": {}}`: ` tls needs "cert_file" and "key_file", ` +
			`or "acme"`,
		`{` + routes + `, "tls": {"acme": {}}}`:                   ` tls.acme needs "hosts"`,
		`{` + routes + `, "tls": {"acme": {}, "cert_file": "a"}}`: ` tls has "cert_file" or "acme"`,
		`{` + routes + `, "stage": "a/b"}`:                        `1: "stage" is "a/b"`,
		`{` + routes + `, "limits": {"conns": 1}}`: `1: there is no key "limits.conns"; ` +
			`did you mean "connections"?`,
		`{` + routes + `, "connections_keys": [{"access_key_id": "a"}, {"secret": "b"}]}`: `1: there ` +
			`is no key "connections_keys[1].secret"; did you mean "secret_env"?`,
		`{` + routes + `, "connections_keys": [1]}`: `1: "connections_keys[0]" must be an object`,
		`{` + routes + `, "drain": 3}`:              `1: "drain" must be`,
	} {
		_, err := parse([]byte(text), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %s", text, err, want)
		}
	}
}
