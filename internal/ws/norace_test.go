//go:build !race

package ws_test

// How many conversations TestSameVerdictAsAnother generates.
const conversations = 20_000
