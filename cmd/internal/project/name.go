package project

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxName is the maximum length of a project name. The longest name derived from it is that of a
// function, NAME-dev-websocket_disconnect, and AWS Lambda allows 64 characters
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html).
const maxName = 64 - len("-dev-websocket_disconnect")

// CheckName reports an invalid name of a project, and proposes a valid one. A name becomes a
// directory, a Go module, a binary, and the beginning of the names of AWS resources.
func CheckName(name string) error {
	if broken := brokenRule(name); broken != "" {
		return fmt.Errorf("%q cannot be the name of a project: %s; try %q",
			name, broken, fixName(name))
	}
	return nil
}

// brokenRule returns the rule that name violates, or "".
func brokenRule(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case !isLetter(name[0]):
		return "it must begin with a letter from A to Z"
	case strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }):
		return "it may have only letters, digits, - and _"
	case len(name) > maxName:
		return fmt.Sprintf("it is longer than %d characters, and AWS Lambda allows 64 for "+
			"NAME-dev-websocket_disconnect", maxName)
	case slices.Contains(standardNames(), name):
		return "Go uses it for its standard library"
	case windowsName().MatchString(name):
		return "Windows has a device of this name"
	}
	return ""
}

// fixName returns a valid name that resembles name.
func fixName(name string) string {
	fixed := regexp.MustCompile(`[^A-Za-z0-9_]+`).ReplaceAllString(name, "-")
	fixed = strings.TrimLeftFunc(fixed, func(r rune) bool { return !isLetter(byte(r)) })
	fixed = strings.TrimRight(fixed[:min(len(fixed), maxName)], "-_")
	if fixed == "" {
		return "my-app"
	}
	if brokenRule(fixed) != "" {
		return fixed + "-app"
	}
	return fixed
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isNameRune(r rune) bool {
	return r < 0x80 && isLetter(byte(r)) || '0' <= r && r <= '9' || r == '-' || r == '_'
}

// standardNames returns the first path elements of Go's standard library, and the patterns of the
// go command. A module with such a name cannot be built.
func standardNames() []string {
	return strings.Fields(`all archive arena bufio builtin bytes cmd cmp compress container context
		crypto database debug embed encoding errors expvar flag fmt go hash html image index
		internal io iter log main maps math mime net os path plugin reflect regexp runtime simd
		slices sort std strconv strings structs sync syscall testing text time tool unicode
		unique unsafe uuid vendor weak work`)
}

// windowsName matches names of Windows devices, which the go command rejects in module paths
// (https://go.dev/ref/mod#go-mod-file-ident).
func windowsName() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(con|aux|prn|nul|com[0-9]|lpt[0-9])$`)
}
