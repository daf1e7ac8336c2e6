package template

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg"
)

// camel makes a logical id of a name: websocket_connect becomes WebsocketConnect. CloudFormation
// has letters and digits in ids only.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html)
func camel(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		if !isAlphanumeric(r) {
			up = true
			continue
		}
		if up && 'a' <= r && r <= 'z' {
			r += 'A' - 'a'
		}
		b.WriteRune(r)
		up = false
	}
	return b.String()
}

// snake makes an identifier of Terraform of a name.
// (https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers)
func snake(name string) string {
	mapped := strings.Map(func(r rune) rune {
		if isAlphanumeric(r) || r == '-' {
			return r
		}
		return '_'
	}, name)
	if mapped == "" || mapped[0] == '-' || '0' <= mapped[0] && mapped[0] <= '9' {
		return "_" + mapped
	}
	return mapped
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// routeName returns what the route of a key is called in a template. The keys of an application's
// own routes may have any characters, so theirs end with a hash.
func routeName(key string) string {
	switch key {
	case tyg.RouteConnect:
		return "websocket_connect_route"
	case tyg.RouteDefault:
		return "websocket_message_route"
	case tyg.RouteDisconnect:
		return "websocket_disconnect_route"
	}
	return "websocket_" + snake(key) + "_" + digest(key)[:6] + "_route"
}

// digest returns the hash of a value in hexadecimal.
func digest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // what comes here is JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// put adds an entry to a section. Names that differ may be the same as identifiers.
func put(section object, name string, value any) error {
	if _, taken := section[name]; taken || name == "" {
		return fmt.Errorf("two things would be called %q in the template; rename one of them", name)
	}
	section[name] = value
	return nil
}
