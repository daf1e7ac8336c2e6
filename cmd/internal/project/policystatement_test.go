package project

import (
	"strings"
	"testing"
)

// TestBadPolicyStatements: each error has the line and says what is missing.
func TestBadPolicyStatements(t *testing.T) {
	for text, want := range map[string]string{
		`{"Action": "a:b", "Resource": "*"}`:                     `it has no "Effect"`,
		`{"Effect": "Allow", "Resource": "*"}`:                   `it needs "Action"`,
		`{"Effect": "Allow", "Action": [], "Resource": "*"}`:     `it needs "Action"`,
		`{"Effect": "Allow", "Action": null, "Resource": "*"}`:   `it needs "Action"`,
		`{"Effect": "Allow", "Action": "a:b"}`:                   `it needs "Resource"`,
		`{"Effect": "Allow", "Action": 1, "Resource": "*"}`:      "use a text or a list of texts",
		`{"Effect": "Permit", "Action": "a:b", "Resource": "*"}`: "use one of Allow, Deny",
		`{"Effect": "Deny", "Actions": "a:b", "Resource": "*"}`:  `did you mean`,
		`{"Effect": "Deny", "Principal": "*", "Resource": "*"}`:  `there is no key`,
		`{"Effect": "Deny", "Action": "a", "NotAction": "b"}`:    `it needs "Action" or`,
	} {
		for _, config := range []string{
			"{\n\"policy_statements\": [" + text + "]}",
			"{\n\"stages\": {\"a\": {\"lambda_functions\": {\"f\": {\"policy_statements\": [" +
				text + "]}}}}}",
		} {
			_, err := ParseConfig([]byte(config))
			if err == nil || !strings.HasPrefix(err.Error(), "2: ") ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want %s", config, err, want)
			}
		}
	}
}
