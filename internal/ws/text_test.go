package ws_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestValidText(t *testing.T) {
	for _, s := range []string{
		"", "a", "é", "茶", "🍵", "\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf0\x9f\x98",
	} {
		for n := range 150 {
			for _, after := range []int{0, 1, 7, 8, 9, 63, 64, 65, 130} {
				text := []byte(strings.Repeat("a", n) + s + strings.Repeat("b", after))
				if got, want := ws.ValidText(text), utf8.Valid(text); got != want {
					t.Errorf("%q: got %v, want %v", text, got, want)
				}
			}
		}
	}
}
