//go:build !race

package ws_test

// How many conversations TestSameVerdictAsGWS generates in an exhaustive run.
const conversations = 20_000
