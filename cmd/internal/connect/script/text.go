package script

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A text is a text with ${variables} in it; $${ stands for ${.
type text string

// reference is a variable in a text.
var reference = regexp.MustCompile(`\$?\$\{[^}]*\}?`)

// text reads the rest of a line: all of it, or a JSON string, in which a text can have line breaks
// and spaces at its ends.
func (p *parser) text(rest string) (text, error) {
	if strings.HasPrefix(rest, `"`) {
		var s string
		if err := json.Unmarshal([]byte(rest), &s); err != nil {
			return "", fmt.Errorf("%s: a text in quotation marks is a JSON string: %w", rest, err)
		}
		rest = s
	}
	return text(rest), p.checkReferences(rest)
}

// checkReferences reports a variable that no earlier line sets.
func (p *parser) checkReferences(s string) error {
	for _, ref := range reference.FindAllString(s, -1) {
		if name, ok := nameOf(ref); ok && !p.known[name] {
			return fmt.Errorf("the variable ${%s} is not set before this line; "+
				"write $${ for the characters ${", name)
		}
	}
	return nil
}

// nameOf returns the name in a reference, unless it is an escaped one.
func nameOf(ref string) (string, bool) {
	if strings.HasPrefix(ref, "$$") {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimPrefix(ref, "${"), "}"), true
}

// expand returns the text with the values of variables, each passed through quote.
func (t text) expand(vars map[string]string, quote func(string) string) string {
	return reference.ReplaceAllStringFunc(string(t), func(ref string) string {
		name, ok := nameOf(ref)
		if !ok {
			return ref[1:]
		}
		return quote(vars[name])
	})
}

func unquoted(s string) string { return s }

// inJSON returns s as it stands inside of a JSON string.
func inJSON(s string) string {
	data, _ := json.Marshal(s) // strings cannot fail
	return string(data[1 : len(data)-1])
}
