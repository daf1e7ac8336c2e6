package inforce

import (
	"regexp"
	"strings"

	"github.com/tyg-dev/tyg/internal/redact"
)

// hidden stands for a secret.
const hidden = "(hidden)"

// secretName matches names of variables whose value is a secret by its name.
const secretName = `(?i)(secret|token|passw|passphrase|private|credential|api_?key|_key$|^key$|` +
	`_pass$|dsn$)`

// hide returns the value of a key as it may be shown.
func hide(path, text string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	if below(path) && text != "" && regexp.MustCompile(secretName).MatchString(name) {
		return hidden
	}
	if !strings.Contains(text, "://") {
		return text
	}
	// The user name and password of each URL of a list, and its query.
	parts := strings.Split(text, ",")
	for i, part := range parts {
		if strings.Contains(part, "@") || strings.Contains(part, "?") {
			parts[i] = redact.Text(part)
		}
	}
	return strings.Join(parts, ",")
}

// below reports whether a path ends with a name that the user chooses.
func below(path string) bool {
	for _, of := range []string{"environment_variables.", "stage_variables."} {
		if strings.HasPrefix(path, of) || strings.Contains(path, "."+of) {
			return true
		}
	}
	return false
}
