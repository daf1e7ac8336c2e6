package iam_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest/iam"
)

const (
	lambdaTrust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`
	somePolicy = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
		"Action": ["logs:*"], "Resource": "arn:aws:logs:*:*:*"}}`
)

func TestMatchPattern(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "b", false},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "abc", true},
		{"a*", "abc", true},
		{"*c", "abcc", true},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXbYbZ", false},
		{"?", "", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"**a", "a", true},
	}
	for _, tt := range tests {
		if got := iam.MatchPattern(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%q matches %q: %t, want %t", tt.pattern, tt.s, got, tt.want)
		}
	}
}

func TestPolicyAllows(t *testing.T) {
	const (
		action = "execute-api:ManageConnections"
		one    = "arn:aws:execute-api:us-west-2:123456789012:abc/dev/POST/@connections/x"
	)
	statement := func(effect, action, resource, more string) string {
		return `{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `"` +
			more + `}`
	}
	tests := []struct {
		name       string
		statements []string
		want       bool
	}{
		{"exactly", []string{statement("Allow", action, one, "")}, true},
		{"all", []string{statement("Allow", "*", "*", "")}, true},
		{"case of the action", []string{statement("Allow", "execute-API:manage*", "*", "")}, true},
		{"this API", []string{
			statement("Allow", action, "arn:aws:execute-api:us-west-2:123456789012:abc/*", ""),
		}, true},
		{"another API", []string{
			statement("Allow", action, "arn:aws:execute-api:us-west-2:123456789012:abd/*", ""),
		}, false},
		{"another action", []string{statement("Allow", "execute-api:Invoke", one, "")}, false},
		{"any region", []string{
			statement("Allow", action, "arn:aws:execute-api:*:*:abc/*/@connections/*", ""),
		}, true},
		{"a wildcard does not match beyond its part", []string{
			statement("Allow", action, "arn:aws:*:123456789012:x:abc/dev", ""),
		}, false},
		{"denied", []string{
			statement("Allow", "*", "*", ""), statement("Deny", action, one, ""),
		}, false},
		{"condition on allow", []string{
			statement("Allow", "*", "*", `,"Condition":{"Bool":{"aws:SecureTransport":true}}`),
		}, false},
		{"condition on deny", []string{
			statement("Allow", "*", "*", ""),
			statement("Deny", "*", "*", `,"Condition":{"Bool":{"aws:SecureTransport":false}}`),
		}, false},
		{"not this action", []string{
			`{"Effect":"Allow","NotAction":"execute-api:*","Resource":"*"}`,
		}, false},
		{"not that resource", []string{
			`{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b"}`,
		}, true},
	}
	for _, tt := range tests {
		doc := `{"Version":"2012-10-17","Statement":[` + strings.Join(tt.statements, ",") + `]}`
		if got := iam.Allows(doc, action, one); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestTrusts(t *testing.T) {
	const service = "lambda.amazonaws.com"
	denied := strings.Replace(lambdaTrust, `]}`, `, {"Effect": "Deny",
		"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:*"}]}`, 1)
	tests := []struct {
		name, doc string
		want      bool
	}{
		{"trusted", lambdaTrust, true},
		{"one of several", strings.Replace(lambdaTrust, `"lambda.amazonaws.com"`,
			`["x.amazonaws.com", "lambda.amazonaws.com"]`, 1), true},
		{"another", strings.Replace(lambdaTrust, "lambda", "apigateway", 1), false},
		{"another action", strings.Replace(lambdaTrust, "AssumeRole", "TagSession", 1), false},
		{"denied", denied, false},
		{"condition", strings.Replace(lambdaTrust, `"Action"`,
			`"Condition": {"Bool": {"aws:SecureTransport": true}}, "Action"`, 1), false},
	}
	for _, tt := range tests {
		if got := iam.Trusts(tt.doc, service); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

// FuzzPolicy looks for documents on which the parser or the evaluation panics.
func FuzzPolicy(f *testing.F) {
	f.Add(lambdaTrust, "sts:AssumeRole", "*")
	f.Add(somePolicy, "logs:PutLogEvents", "arn:aws:logs:us-west-2:1:log-group:x")
	f.Fuzz(func(t *testing.T, doc, action, resource string) {
		if iam.Trusts(doc, action) && iam.Allows("{", action, resource) {
			t.Error("a text that is no policy allows an action")
		}
		iam.Allows(doc, action, resource)
	})
}
