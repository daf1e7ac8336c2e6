package template

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg"
)

// Snake turns a name into an identifier of Terraform.
// (https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers)
func Snake(name string) string {
	mapped := strings.Map(func(r rune) rune {
		if IsAlphanumeric(r) || r == '-' {
			return r
		}
		return '_'
	}, name)
	if mapped == "" || mapped[0] == '-' || '0' <= mapped[0] && mapped[0] <= '9' {
		return "_" + mapped
	}
	return mapped
}

// IsAlphanumeric reports whether a rune is an ASCII letter or digit.
func IsAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// RouteName returns the name of a route in a template. The keys of custom routes may have any
// characters, so their names end with a hash.
func RouteName(key string) string {
	switch key {
	case tyg.RouteConnect:
		return "websocket_connect_route"
	case tyg.RouteDefault:
		return "websocket_message_route"
	case tyg.RouteDisconnect:
		return "websocket_disconnect_route"
	}
	return "websocket_" + Snake(key) + "_" + Digest(key)[:6] + "_route"
}

// Digest returns the hash of a value of JSON in hexadecimal.
func Digest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Put adds an entry to a section. Different names may have the same identifier, which is an error.
func Put(section Object, name string, value any) error {
	if _, taken := section[name]; taken || name == "" {
		return fmt.Errorf("two resources would be called %q in the template; rename one of them", name)
	}
	section[name] = value
	return nil
}
