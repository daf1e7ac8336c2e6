package paralleltest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/paralleltest"
)

const atOnce = 50 // more than the cores of most machines

func TestMain(m *testing.M) {
	paralleltest.AtOnce(atOnce)
	m.Run()
}

// Each test waits for all others.
func TestAtOnce(t *testing.T) {
	var all sync.WaitGroup
	all.Add(atOnce)
	met := make(chan struct{})
	go func() { // ends with the tests
		all.Wait()
		close(met)
	}()
	for range atOnce {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			all.Done()
			select {
			case <-met:
			case <-time.After(time.Minute):
				t.Error("the others do not run")
			}
		})
	}
}
