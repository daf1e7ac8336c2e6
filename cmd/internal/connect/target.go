package connect

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// DefaultURL is the URL at which "tyg local" serves a new project.
const DefaultURL = "ws://127.0.0.1:8000/api/"

// ParseTarget returns the ws or wss URL for an argument, which may lack the scheme.
func ParseTarget(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "ws://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("URL %q: %w", text, errors.Unwrap(err))
	}
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	case "ws", "wss":
	default:
		return nil, fmt.Errorf("URL %q: scheme %s is not one of ws, wss, http, https", text, u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("URL %q has no host", text)
	}
	// RFC 6455 section 3.
	if u.Fragment != "" {
		return nil, fmt.Errorf("URL %q: a WebSocket address has no #fragment; write %%23", text)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}
