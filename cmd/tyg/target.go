package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// defaultURL is where "tyg local" serves a new project.
const defaultURL = "ws://127.0.0.1:8000/api/"

// parseTarget returns the ws or wss URL that a person means.
func parseTarget(text string) (*url.URL, error) {
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
		return nil, fmt.Errorf("URL %q: scheme %s is none of ws, wss, http, https", text, u.Scheme)
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

// parseHeaders reads header fields written as "Name: value".
func parseHeaders(lines []string) (http.Header, error) {
	h := make(http.Header)
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			return nil, fmt.Errorf("header %q has no colon; write --header 'Name: value'", line)
		case !ws.IsToken(name):
			return nil, fmt.Errorf("header %q: %q cannot be the name of a header", line, name)
		case strings.ContainsFunc(value, isControl):
			return nil, fmt.Errorf("header %q: the value has control characters", line)
		}
		h.Add(name, value)
	}
	return h, nil
}

// isControl reports what a header's value cannot have (RFC 9110 section 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
