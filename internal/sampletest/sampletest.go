// Package sampletest picks what a test tries of many things, other ones each time. Two environment
// variables decide:
//
//	TYG_TEST_EXHAUSTIVE=1      tries all of them
//	TYG_TEST_EXHAUSTIVE=parts  runs all tests of Part, each with what it picks
//	TYG_TEST_SEED=N            picks those that the seed N picks
package sampletest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const variable = "TYG_TEST_EXHAUSTIVE"

// Exhaustive reports whether tests try all.
func Exhaustive() bool { return os.Getenv(variable) != "" && os.Getenv(variable) != "parts" }

// Numbers returns some of the numbers below n, in order: all of them in an exhaustive run, else
// size of them. It logs the seed that picks the same ones again.
func Numbers(t testing.TB, n, size int) []int {
	t.Helper()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if Exhaustive() || n <= size {
		return all
	}
	seed := seedOf(t)
	name := fnv.New64()
	name.Write([]byte(t.Name()))
	rng := rand.New(rand.NewPCG(seed, name.Sum64()))
	rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	picked := slices.Sorted(slices.Values(all[:size]))
	t.Logf("TYG_TEST_SEED=%d picks %v of %d", seed, picked[:min(size, 20)], n)
	return picked
}

// seedOf returns the seed in the environment, else a random one.
func seedOf(t testing.TB) uint64 {
	t.Helper()
	text := os.Getenv("TYG_TEST_SEED")
	if text == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("TYG_TEST_SEED: %v", err)
	}
	return seed
}

// Part runs the test in one of n runs, and skips it in the others: for tests that build and run
// whole programs, for seconds each. The seed picks the part of a run; n seeds in a row cover all.
func Part(t testing.TB, n uint64) {
	t.Helper()
	if os.Getenv(variable) != "" {
		return
	}
	if !inPart(t.Name(), seedOfRun(t), n) {
		t.Skipf("not in this run's part of %d; TYG_TEST_EXHAUSTIVE=1 runs all, as CI does", n)
	}
}

// InPart reports whether Part would run a test of that name.
func InPart(t testing.TB, name string, n uint64) bool {
	t.Helper()
	return os.Getenv(variable) != "" || inPart(name, seedOfRun(t), n)
}

// Picks reports whether a test picks one of very many names: one in n.
func Picks(t testing.TB, name string, n uint64) bool {
	t.Helper()
	return Exhaustive() || inPart(name, seedOfRun(t), n)
}

// inPart reports whether a name is in the part of a seed. The generator mixes the hash, which
// differs by its low bits only for names as short as "01" and "02".
func inPart(name string, seed, n uint64) bool {
	h := fnv.New64a()
	h.Write([]byte(name))
	mixed := rand.NewPCG(h.Sum64(), 0).Uint64()
	return (mixed>>32+seed)%n == 0
}

// seedOfRun returns the seed in the environment, else one that moves on with each minute, so that
// the packages of a run are likely to have the same.
func seedOfRun(t testing.TB) uint64 {
	t.Helper()
	if os.Getenv("TYG_TEST_SEED") == "" {
		return uint64(time.Now().Unix() / 60)
	}
	return seedOf(t)
}

// SayHowToRepeat prints the command that repeats a test, if it fails. Pkg is the test's package, as
// in "./internal/deploy".
func SayHowToRepeat(t testing.TB, pkg string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with: %s", repeatCommand(t.Name(), pkg))
		}
	})
}

// repeatCommand returns the command that runs one test, whatever a seed picks.
func repeatCommand(name, pkg string) string {
	pattern := "^" + strings.ReplaceAll(name, "/", "$/^") + "$"
	return fmt.Sprintf("TYG_TEST_EXHAUSTIVE=1 go test -run '%s' %s", pattern, pkg)
}
