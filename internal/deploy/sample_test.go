package deploy_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tests that fail one call of a deploy try a few calls, and other ones each time. Two
// environment variables decide:
//
//	TYG_TEST_EXHAUSTIVE=1  tries all of them
//	TYG_TEST_SEED=N        picks those that the seed N picks
const sampleSize = 1

// sample returns some of the numbers below n, in order.
func sample(t *testing.T, n, size int) []int {
	t.Helper()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if os.Getenv("TYG_TEST_EXHAUSTIVE") != "" || n <= size {
		return all
	}
	seed := testSeed(t)
	name := fnv.New64()
	name.Write([]byte(t.Name()))
	rng := rand.New(rand.NewPCG(seed, name.Sum64()))
	rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	picked := slices.Sorted(slices.Values(all[:size]))
	t.Logf("TYG_TEST_SEED=%d picks %v of %d", seed, picked, n)
	return picked
}

// testSeed returns the seed in the environment, else a random one.
func testSeed(t *testing.T) uint64 {
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

// sayHowToRepeat prints the command that repeats a test, if it fails.
func sayHowToRepeat(t *testing.T) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with: %s", repeatCommand(t.Name()))
		}
	})
}

// repeatCommand returns the command that runs one test, whatever a seed picks.
func repeatCommand(name string) string {
	pattern := "^" + strings.ReplaceAll(name, "/", "$/^") + "$"
	return fmt.Sprintf("TYG_TEST_EXHAUSTIVE=1 go test -run '%s' ./internal/deploy", pattern)
}

func TestSampleCoversAllOverTime(t *testing.T) {
	t.Setenv("TYG_TEST_EXHAUSTIVE", "")
	const n = 20
	seen := make(map[int]bool)
	for seed := range 100 {
		t.Setenv("TYG_TEST_SEED", strconv.Itoa(seed))
		picked := sample(t, n, 3)
		if again := sample(t, n, 3); !slices.Equal(picked, again) {
			t.Errorf("seed %d picks %v, then %v", seed, picked, again)
		}
		for _, i := range picked {
			seen[i] = true
		}
	}
	if len(seen) != n {
		t.Errorf("100 seeds pick %d of %d", len(seen), n)
	}
	t.Setenv("TYG_TEST_EXHAUSTIVE", "1")
	if got := len(sample(t, n, 3)); got != n {
		t.Errorf("an exhaustive run picks %d of %d", got, n)
	}
}

func TestRepeatCommandNamesOneTest(t *testing.T) {
	want := "TYG_TEST_EXHAUSTIVE=1 go test -run '^TestX$/^is_refused$/^7$' ./internal/deploy"
	if got := repeatCommand("TestX/is_refused/7"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
