package handshake

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// Names returns the names of the header fields of r as the client spelt them, each once, in the
// order in which they came. An http.Server has parsed r, and with that respelt the names; received
// is what it has received, or the end of it. Names returns nil if the head of r is not in there.
func Names(received []byte, r *http.Request) []string {
	line := []byte(r.Method + " " + r.RequestURI + " " + r.Proto)
	for end := len(received); ; {
		at := bytes.LastIndex(received[:end], line) // behind it are frames at most
		if at < 0 {
			return nil
		}
		if at == 0 || received[at-1] == '\n' {
			if names, ok := fieldNames(string(received[at+len(line):]), r.Header); ok {
				return names
			}
		}
		end = at
	}
}

// fieldNames returns the names of the fields that header has, from the text of the fields and what
// comes before and behind their lines. It reports false if the text does not have all lines.
func fieldNames(text string, header http.Header) (names []string, ok bool) {
	names = make([]string, 0, len(header))
	seen := make(map[string]bool, len(header))
	_, text, ok = strings.Cut(text, "\n")
	for ok {
		var line string
		if line, text, ok = strings.Cut(text, "\n"); !ok {
			return nil, false
		}
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			return names, true
		}
		name, _, isField := strings.Cut(line, ":")
		if !isField || !ws.IsToken(name) {
			continue // it continues the line before
		}
		key := http.CanonicalHeaderKey(name)
		if _, kept := header[key]; kept && !seen[key] {
			names, seen[key] = append(names, name), true
		}
	}
	return nil, false
}

// DropInvented deletes from header the Cache-Control that an http.Server adds to a request with
// "Pragma: no-cache". names are the names of the fields that the client has sent.
func DropInvented(header http.Header, names []string) {
	sent := slices.ContainsFunc(names, func(name string) bool {
		return strings.EqualFold(name, "Cache-Control")
	})
	if !sent && header.Get("Pragma") == "no-cache" {
		header.Del("Cache-Control")
	}
}
