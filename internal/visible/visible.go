// Package visible quotes text from outside, such as a message of a client or a path of a request,
// before it is printed for people: it cannot control the terminal, imitate another line, or show
// its characters in another order.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Line returns text as one line: with escapes in place of line feeds and of all that Block escapes.
func Line(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || IsHidden(r) }, `\x%02x`)
}

// Block returns text with indent in front of each line but the first, and with escapes in place of
// control characters except tab, of bytes that are not UTF-8, and of marks that change the
// direction of writing (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
func Block(text, indent string) string {
	text = escape(text, IsHidden, `\x%02x`)
	if indent == "" {
		return text
	}
	return strings.ReplaceAll(text, "\n", "\n"+indent)
}

// JSON returns a JSON text that says the same in characters that a terminal shows. Encoders escape
// only those below U+0020.
func JSON(text []byte) []byte {
	hidden := func(r rune) bool { return r > 0x20 && IsHidden(r) }
	return []byte(escape(string(text), hidden, `\u%04x`))
}

// escape replaces hidden characters: those below U+0100, and bytes that are not UTF-8, as narrow
// says.
func escape(text string, hidden func(rune) bool, narrow string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, narrow, text[i])
		case r == '\n' && hidden(r):
			b.WriteString(`\n`)
		case !hidden(r):
			b.WriteString(text[i : i+size])
		case r < 0x100:
			fmt.Fprintf(&b, narrow, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

// IsHidden reports whether Block escapes r.
func IsHidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, 0x7f <= r && r < 0xa0: // C0, DEL, C1
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return true
	}
	return r == 0x2028 || r == 0x2029 // line and paragraph separators
}
