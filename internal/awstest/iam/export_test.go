package iam

// MatchPattern is matchPattern, for tests.
var MatchPattern = matchPattern

// Allows tells whether one policy allows an action on a resource.
func Allows(doc, action, resource string) bool {
	p, err := parsePolicy(doc)
	return err == nil && allows([]*policy{p}, action, resource)
}

// Trusts tells whether a trust policy trusts a service.
func Trusts(doc, service string) bool {
	p, err := parseTrustPolicy(doc)
	return err == nil && p.trusts(service)
}
