package rooms_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/rooms"
)

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"John", "jOHN", true},
		{"Kelvin", "\u212aelvin", true},
		{"ςίσυφος", "ΣΊΣΥΦΟΣ", true},
		{"straße", "STRAẞE", true},
		{"straße", "strasse", false},
		{"\u0130", "i", false}, // dotted capital I
		{"\u0131", "I", false}, // dotless small i
		{"\u00e9", "e\u0301", false},
		{"John", "John ", false},
		{"", "", true},
	} {
		if got := rooms.Fold(tt.a) == rooms.Fold(tt.b); got != tt.same {
			t.Errorf("Fold(%q) == Fold(%q) is %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}

func TestFoldKeepsEveryRuneWithItsOtherCases(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		other := unicode.SimpleFold(r)
		if rooms.Fold(string(r)) != rooms.Fold(string(other)) {
			t.Errorf("Fold(%q) != Fold(%q)", r, other)
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("John", "JOHN")
	f.Add("ΣΊΣΥΦΟΣ", "σίσυφος")
	f.Add("k\u0130ß", "\u212a\u0131ẞ")
	f.Add("\xff", "\ufffd")
	f.Fuzz(func(t *testing.T, a, b string) {
		fold := rooms.Fold(a)
		if got := rooms.Fold(fold); got != fold {
			t.Errorf("Fold(Fold(%q)) = %q, want %q", a, got, fold)
		}
		if !strings.EqualFold(a, fold) {
			t.Errorf("Fold(%q) = %q, another text", a, fold)
		}
		if got, want := fold == rooms.Fold(b), strings.EqualFold(a, b); got != want {
			t.Errorf("%q and %q fold alike is %v, want %v", a, b, got, want)
		}
		if utf8.ValidString(a) && len(fold) > len(a) {
			t.Errorf("Fold(%q) = %q, which is longer", a, fold)
		}
	})
}

func TestCheckName(t *testing.T) {
	for _, tt := range []struct {
		name, text, wrong string
	}{
		{"one letter", "J", ""},
		{"emoji and spaces", " tea 🍵 ", ""},
		{"right to left override", "\u202eJohn", ""},
		{"as long as can be", strings.Repeat("🍵", rooms.MaxName/4), ""},
		{"empty", "", "empty"},
		{"one byte too long", strings.Repeat("n", rooms.MaxName+1), "longer than 256 bytes"},
		{"not UTF-8", "J\xffohn", "UTF-8"},
		{"surrogate", "\xed\xa0\x80", "UTF-8"},
		{"newline", "John\nJenny: hi", "control"},
		{"escape", "\x1b[31m", "control"},
		{"delete", "\x7f", "control"},
		{"C1 control", "\u0085", "control"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := rooms.CheckName(tt.text)
			if tt.wrong == "" {
				if err != nil {
					t.Errorf("CheckName(%q) = %v, want nil", tt.text, err)
				}
				return
			}
			if !errors.Is(err, rooms.ErrInvalidName) || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("CheckName(%q) = %v, want ErrInvalidName with %q", tt.text, err, tt.wrong)
			}
		})
	}
}
