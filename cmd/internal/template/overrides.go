package template

import (
	"fmt"
	"strings"
	"unicode"
)

// parseOverrides reads the values of parameters as the SAM CLI takes them: NAME=VALUE or
// ParameterKey=NAME,ParameterValue=VALUE, separated by spaces. A value may be in quotes, and \
// makes the space or the quote behind it part of the value.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-deploy.html)
func parseOverrides(text string) (map[string]string, error) {
	all := make(map[string]string)
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		key, rest, ok := strings.Cut(text, "=")
		if key == "ParameterKey" {
			key, rest, ok = strings.Cut(rest, ",ParameterValue=")
		}
		key = unquote(key)
		if !ok || key == "" || strings.ContainsAny(key, " \t\r\n,=\"'") {
			word, _, _ := strings.Cut(text, " ")
			return nil, fmt.Errorf("%q: want NAME=VALUE or ParameterKey=NAME,ParameterValue=VALUE", word)
		}
		end := valueEnd(rest)
		if end < 0 {
			return nil, fmt.Errorf("the quote that begins the value of %s does not end", key)
		}
		all[key] = unescape(unquote(rest[:end]))
		text = rest[end:]
	}
	return all, nil
}

// valueEnd returns where the value ends that a text begins with, -1 if its quote does not end.
func valueEnd(text string) int {
	quote := rune(0)
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		quote = rune(text[0])
	}
	escaped := false
	for i, c := range text {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case quote != 0 && c == quote && i > 0:
			return i + 1
		case quote == 0 && unicode.IsSpace(c):
			return i
		}
	}
	if quote != 0 {
		return -1
	}
	return len(text)
}

// unquote removes the quotes around a text.
func unquote(text string) string {
	if n := len(text); n > 1 && text[0] == text[n-1] && (text[0] == '"' || text[0] == '\'') {
		return text[1 : n-1]
	}
	return text
}

// unescape replaces what the SAM CLI does: of other characters the \ stays.
func unescape(text string) string {
	return strings.NewReplacer(`\ `, " ", `\"`, `"`, `\'`, "'").Replace(text)
}
