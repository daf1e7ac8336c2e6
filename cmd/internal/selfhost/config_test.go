package selfhost

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
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
	}
	for _, key := range keysOf(reflect.TypeFor[Config](), make(map[reflect.Type]bool)) {
		if !keys[key] && !other[key] {
			t.Errorf("the example lacks the key %q", key)
		}
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
		`{` + routes + `, "stage": "a/b"}`:                        ` stage "a/b"`,
		`{` + routes + `, "drain": 3}`:                            `1: "drain" must be`,
	} {
		_, err := parse([]byte(text), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %s", text, err, want)
		}
	}
}
