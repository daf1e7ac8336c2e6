package connect

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/redact"
)

// DefaultURL is the URL at which "tyg local" serves a new project.
const DefaultURL = "ws://127.0.0.1:8000/api/"

// ParseTarget returns the ws or wss URL for an argument, which may lack the scheme.
func ParseTarget(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "ws://" + text
	}
	shown := redact.Text(text)
	if isBareIPv6(text) {
		return nil, fmt.Errorf("URL %q: the host has a colon; put an IPv6 address into brackets, such "+
			"as ws://[::1]:8000/", shown)
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("URL %q: %w", shown, errors.Unwrap(err))
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	case "ws", "wss":
	default:
		return nil, fmt.Errorf("URL %q: scheme %s is not one of ws, wss, http, https", shown, u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("URL %q has no host", shown)
	}
	// RFC 6455 section 3.
	if u.Fragment != "" {
		return nil, fmt.Errorf("URL %q: a WebSocket address has no #fragment; write %%23", shown)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// isBareIPv6 reports whether the host of a URL is an IPv6 address without brackets. Where its port
// begins is not known: ::1:8000 is an address, too (RFC 3986 section 3.2.2).
func isBareIPv6(text string) bool {
	_, host, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	return !strings.HasPrefix(host, "[") && strings.Count(host, ":") > 1
}
