package ws_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestIsToken(t *testing.T) {
	const delimiters = `"(),/:;<=>?@[\]{}` // RFC 9110 section 5.6.2
	for c := range 256 {
		want := c > ' ' && c < 0x7f && strings.IndexByte(delimiters, byte(c)) < 0
		for _, s := range []string{string([]byte{byte(c)}), "a" + string([]byte{byte(c)}) + "b"} {
			if got := ws.IsToken(s); got != want {
				t.Errorf("IsToken(%q) is %v, want %v", s, got, want)
			}
		}
	}
	if ws.IsToken("") {
		t.Error("the empty string is a token")
	}
}
