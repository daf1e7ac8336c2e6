package rooms

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the length of the longest name, of a member or a room, in bytes of UTF-8. It leaves
// room for a prefix and for escaping in the 1,024 bytes of a DynamoDB sort key
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
const MaxName = 256

// CheckName reports whether every Store takes name for a member or a room. If not, the error wraps
// [ErrInvalidName] and says what is wrong: name is empty, longer than [MaxName], not UTF-8, or
// holds a control character (Unicode category Cc, which includes newline, tab and escape).
//
// Everything else is a name, so two names may look the same: spaces at the end, invisible and
// bidirectional characters, other normal forms, letters of other alphabets. An application that
// displays names should be stricter.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrInvalidName)
	case len(name) > MaxName:
		return fmt.Errorf("%w: it is longer than %d bytes", ErrInvalidName, MaxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: it is not valid UTF-8", ErrInvalidName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: it holds a control character", ErrInvalidName)
	}
	return nil
}

// Fold returns the form of a name by which names of members are compared: two names have the same
// Fold exactly if [strings.EqualFold] holds for them. Stores use it as the key of a name; it is not
// meant for display. It is never longer than a name that is valid UTF-8, and folding it again
// changes nothing.
//
// The folding is Unicode's simple one, rune by rune and the same in every language: "k", "K" and
// the Kelvin sign are one, so are the three sigmas, and "ß" and "ẞ". But "ß" is not "ss", and
// neither Turkish i (dotted capital, dotless small) is the Latin one. Nothing is normalized.
func Fold(name string) string { return strings.Map(foldRune, name) }

// foldRune returns the smallest rune among those that differ from r only in case.
func foldRune(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}
