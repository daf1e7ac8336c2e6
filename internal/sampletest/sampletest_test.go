package sampletest

import (
	"slices"
	"strconv"
	"testing"
)

func TestNumbersCoverAllOverTime(t *testing.T) {
	t.Setenv("TYG_TEST_EXHAUSTIVE", "")
	const n = 20
	seen := make(map[int]bool)
	for seed := range 100 {
		t.Setenv("TYG_TEST_SEED", strconv.Itoa(seed))
		picked := Numbers(t, n, 3)
		if again := Numbers(t, n, 3); !slices.Equal(picked, again) {
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
	if got := len(Numbers(t, n, 3)); got != n {
		t.Errorf("an exhaustive run picks %d of %d", got, n)
	}
	t.Setenv("TYG_TEST_EXHAUSTIVE", "parts")
	if got := len(Numbers(t, n, 3)); got != 3 || !InPart(t, "TestA", 1e9) {
		t.Errorf("a run of all parts picks %d, want 3, and runs TestA: %v", got, InPart(t, "TestA", 1e9))
	}
}

func TestRepeatCommandNamesOneTest(t *testing.T) {
	want := "TYG_TEST_EXHAUSTIVE=1 go test -run '^TestX$/^is_refused$/^7$' ./internal/deploy"
	if got := repeatCommand("TestX/is_refused/7", "./internal/deploy"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPartsCoverAll(t *testing.T) {
	const parts = 4
	for _, name := range []string{"TestA", "TestB", "TestScripts/new-project", ""} {
		runs := 0
		for seed := uint64(1000); seed < 1000+parts; seed++ {
			if inPart(name, seed, parts) {
				runs++
			}
		}
		if runs != 1 {
			t.Errorf("%d of %d seeds in a row run %q, want one", runs, parts, name)
		}
	}
}

// Many short names are spread over the parts, so that no run has most of them.
func TestPartsAreOfOneSize(t *testing.T) {
	const names, parts = 1000, 20
	for seed := range uint64(parts) {
		size := 0
		for i := range names {
			if inPart(strconv.Itoa(i), seed, parts) {
				size++
			}
		}
		if size < names/parts/2 || size > names/parts*2 {
			t.Errorf("part %d has %d of %d names, want about %d", seed, size, names, names/parts)
		}
	}
}
