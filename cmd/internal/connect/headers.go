package connect

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// ParseHeaders parses header fields written as "Name: value". Names keep their spelling.
func ParseHeaders(lines []string) (http.Header, error) {
	h := make(http.Header)
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			return nil, fmt.Errorf("header %q has no colon; write --header 'Name: value'", line)
		case !ws.IsToken(name):
			return nil, fmt.Errorf("header %q: %q is not a valid name", line, name)
		case strings.ContainsFunc(value, isControl):
			return nil, fmt.Errorf("header %q: the value has control characters", line)
		}
		h[name] = append(h[name], value)
	}
	return h, nil
}

// CheckSubprotocols reports a name that no subprotocol can have, or that is there twice (RFC 6455
// section 4.1, item 10).
func CheckSubprotocols(names []string) error {
	for i, name := range names {
		if !ws.IsToken(name) {
			return fmt.Errorf("%q: use letters and digits, without spaces", name)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%q: it is there twice", name)
		}
	}
	return nil
}

// isControl reports a character that the value of a header must not have (RFC 9110 section 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
