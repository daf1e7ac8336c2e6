//go:build !race

package ws_test

// How many conversations TestSameVerdictAsGWS generates.
const conversations = 20_000
