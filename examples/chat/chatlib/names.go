package chatlib

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// reserved are characters that would make a name look like something else: the start of another
// member's line, a quotation, or JSON from a client that speaks another protocol.
const reserved = `:"{}`

// nickname returns the form of a name in which it is shown and claimed: that of the Nickname
// profile of RFC 8266, which unifies different encodings of the same characters.
func nickname(name string, longest int) (string, error) {
	return checked(name, longest, precis.Nickname.String)
}

// roomName is nickname for rooms, whose names are also in lower case.
func roomName(name string, longest int) (string, error) {
	return checked(name, longest, precis.Nickname.CompareKey)
}

func checked(name string, longest int, form func(string) (string, error)) (string, error) {
	if strings.ContainsFunc(name, isInvisible) {
		return "", refusal(nameInvisible)
	}
	name, err := form(name)
	if err != nil || strings.ContainsFunc(name, isInvisible) {
		return "", refusal(nameInvisible)
	}
	first, _ := utf8.DecodeRuneInString(name)
	switch n := utf8.RuneCountInString(name); {
	case n == 0 || n > longest:
		return "", refusal(fmt.Sprintf(nameLength, longest))
	case first == '/':
		return "", refusal(nameSlash)
	case strings.ContainsFunc(name, unicode.IsSpace):
		return "", refusal(nameSpace)
	case strings.ContainsAny(name, reserved):
		return "", refusal(fmt.Sprintf(nameReserved, reserved))
	case unicode.IsMark(first):
		return "", refusal(nameMark)
	case mixed(name):
		return "", refusal(nameMixed)
	}
	return name, nil
}

// isInvisible reports whether r is not visible in a name.
func isInvisible(r rune) bool {
	const blankBraille = '\u2800'
	return !unicode.IsGraphic(r) || r == blankBraille || r == utf8.RuneError ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// mixed reports whether name has letters of more than one of the alphabets that share their shapes,
// so that it can be mistaken for another.
func mixed(name string) bool {
	alphabets := 0
	for _, table := range []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic} {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(table, r) }) {
			alphabets++
		}
	}
	return alphabets > 1
}
