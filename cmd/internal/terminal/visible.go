package terminal

import (
	"fmt"
	"strings"
)

// Visible returns text with escapes in place of characters that control a terminal or deceive its
// reader: control characters except newline and tab, and marks that change the direction of writing
// (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
func Visible(text string) string {
	if strings.IndexFunc(text, isHidden) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !isHidden(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func isHidden(r rune) bool {
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
