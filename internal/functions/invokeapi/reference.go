package invokeapi

import (
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/functions"
)

// splitInvokePath returns the reference in the path of an invocation, as url.URL.EscapedPath gives
// it: /2015-03-31/functions/{reference}/invocations.
func splitInvokePath(escaped string) (reference string, ok bool) {
	rest, ok := strings.CutPrefix(escaped, "/2015-03-31/functions/")
	if !ok {
		return "", false
	}
	rest, ok = strings.CutSuffix(rest, "/invocations")
	if !ok || rest == "" || strings.Contains(rest, "/") {
		return "", false
	}
	reference, err := url.PathUnescape(rest)
	return reference, err == nil
}

// parseReference returns the name and the qualifier, which may be empty, in a name, a partial ARN
// or an ARN. Region and account of an ARN are ignored.
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
func parseReference(s string) (name, qualifier string, ok bool) {
	fields := strings.Split(s, ":")
	switch {
	case len(fields) >= 7 && fields[0] == "arn" && fields[2] == "lambda" && fields[5] == "function":
		fields = fields[6:]
	case len(fields) >= 3 && fields[1] == "function" && isAccount(fields[0]):
		fields = fields[2:]
	}
	name = fields[0]
	if len(fields) == 2 {
		qualifier = fields[1]
	}
	ok = functions.ValidName(name) && len(fields) <= 2 && (len(fields) == 1 || qualifier != "")
	return name, qualifier, ok
}

// isAccount reports whether s is the number of an AWS account.
func isAccount(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == 12
}
