package connect

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/visible"
)

// oneLine is up to which length a JSON text stays on one line, in bytes.
const oneLine = 72

// A painter lays out JSON for people. Its texts are those of the message: the order of keys and the
// spelling of numbers stay.
type painter struct{ colour bool }

// The colours of JSON, by what it is (https://en.wikipedia.org/wiki/ANSI_escape_code#SGR).
const (
	colourKey    = "\x1b[36m"
	colourString = "\x1b[32m"
	colourOther  = "\x1b[33m"
	colourEnd    = "\x1b[0m"
)

// layOut returns a JSON object or array in lines, and whether data is one.
func (p *painter) layOut(data []byte) (string, bool) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' && data[0] != '[' ||
		!utf8.Valid(data) || !json.Valid(data) {
		return "", false
	}
	var b bytes.Buffer
	shown := visible.JSON(data)
	var err error
	if len(shown) <= oneLine {
		err = json.Compact(&b, shown)
	} else {
		err = json.Indent(&b, shown, "", "  ")
	}
	if err != nil {
		return "", false
	}
	if !p.colour {
		return b.String(), true
	}
	return paint(b.String()), true
}

// paint colours valid JSON.
func paint(text string) string {
	var b strings.Builder
	for text != "" {
		n := tokenLength(text)
		token := text[:n]
		text = text[n:]
		b.WriteString(coloured(token, strings.HasPrefix(text, ":")))
	}
	return b.String()
}

// coloured returns a token of JSON in its colour.
func coloured(token string, isKey bool) string {
	colour := colourOther
	switch {
	case strings.ContainsAny(token[:1], "{}[],: \n"):
		return token
	case isKey:
		colour = colourKey
	case token[0] == '"':
		colour = colourString
	}
	return colour + token + colourEnd
}

// tokenLength returns the length of the first token: a string, a number or word, or one character.
func tokenLength(text string) int {
	if text[0] != '"' {
		if n := strings.IndexAny(text, "{}[],: \n"); n != 0 {
			if n < 0 {
				return len(text)
			}
			return n
		}
		return 1
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
