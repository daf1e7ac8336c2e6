package chatlib_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/rooms"
)

func TestNicknamesAreAcceptedUnchanged(t *testing.T) {
	for _, name := range []string{
		"John", "x", "O'Neil", "r2-d2", "Jean_Luc", "Łukasz", "Ελένη", "Борис", "שרה", "محمد", "李雷",
		"さくら", "नेहा", "🦊", "C++", "#1", "42",
	} {
		got, err := chatlib.Nickname(name, 32)
		if err != nil || got != name {
			t.Errorf("nickname %q: %q, %v", name, got, err)
		}
	}
}

// FuzzNames checks that accepted names can be stored, shown, and typed again.
func FuzzNames(f *testing.F) {
	for _, name := range []string{
		"John", "İstanbul", "ΣΊΣΥΦΟΣ", "ﬁne", "Ｊohn", "cafe\u0301", "/join", "a b", "\u0345x", "ẞ",
		"\u1e9e\u0307",
		"Å\u0323", "🦊", "\u00bd", "\u00b4a", "\u3164", "\xff", "ϓ\u0301", "\U0001d400",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		forms := map[string]func(string, int) (string, error){
			"nickname": chatlib.Nickname, "room": chatlib.RoomName,
		}
		for kind, form := range forms {
			got, err := form(name, 64)
			if err != nil {
				continue
			}
			if again, err := form(got, 64); err != nil || again != got {
				t.Errorf("%s %q became %q, and that %q, %v", kind, name, got, again, err)
			}
			if err := rooms.CheckName(got); err != nil {
				t.Errorf("%s %q cannot be stored: %v", kind, got, err)
			}
			if got != chatlib.Clean(got) || got[0] == '/' ||
				strings.ContainsFunc(got, unicode.IsSpace) {
				t.Errorf("%s %q is accepted", kind, got)
			}
		}
	})
}
