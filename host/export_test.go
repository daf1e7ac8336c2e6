//go:build !tyg.lambda

package host

// Parse is parse.
var Parse = parse
