//go:build race

package ws_test

// The race detector makes a conversation take 15 times as long, and has nothing to find in one
// goroutine.
const conversations = 2_000
