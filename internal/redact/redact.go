// Package redact hides what may be secret in URLs that errors and logs show.
package redact

import (
	"net/url"
	"strings"
)

// hidden stands for a secret, as in [url.URL.Redacted].
const hidden = "xxxxx"

// URL returns the text of u with its secrets hidden: the password, a user name without one, which
// is a token, and all of the query, in which WebSocket clients send tokens because browsers let
// them set no headers.
func URL(u *url.URL) string {
	shown := *u
	if _, ok := u.User.Password(); u.User != nil && !ok {
		shown.User = url.User(hidden)
	}
	if u.RawQuery != "" {
		shown.RawQuery = hidden
	}
	return shown.Redacted()
}

// Text hides in the text of a URL what [URL] hides, where it cannot be parsed.
func Text(text string) string {
	if before, _, ok := strings.Cut(text, "?"); ok {
		text = before + "?" + hidden
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = hidden + host[i:]
	}
	if ok {
		scheme += "://"
	}
	return scheme + host + path
}
