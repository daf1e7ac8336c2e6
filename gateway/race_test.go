//go:build race

package gateway_test

// raceEnabled: the race detector lets pools drop what they are given, which costs allocations.
const raceEnabled = true
