package project

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// CheckNATS checks a value of the key "nats". The URL may have a password, so the error does not
// repeat it.
func CheckNATS(text string) error {
	if text == "" || text == EmbeddedNATS {
		return nil
	}
	for server := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		if err != nil || u.Hostname() == "" ||
			!slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return errors.New(
				`use "embedded", or the URL of a server, such as tls://nats.example.com:4222`)
		}
	}
	return nil
}
