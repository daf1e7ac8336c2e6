package functions_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
)

func TestEnqueueRetriesTwice(t *testing.T) {
	var l log
	warned := make(chan functions.Warning, 1)
	h := start(t, &functions.Host{
		Output: l.add, RetryDelay: 10 * time.Millisecond, Queue: 1,
		Warn: func(w functions.Warning) { warned <- w },
	}, self("orders"))
	id, err := h.Enqueue(functions.Invocation{
		Function: "f", Payload: []byte(`{"Print":"try\n","Fail":"x"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Enqueue(functions.Invocation{Function: "f"})
	if !errors.Is(err, functions.ErrThrottled) {
		t.Errorf("a second event with Queue 1: %v", err)
	}
	w := <-warned
	if w.Kind != functions.WarnRetriesExhausted || w.RequestID != id ||
		!strings.Contains(w.Detail, "3 attempts") {
		t.Errorf("warning %v", w)
	}
	tries := 0
	for _, line := range l.all() {
		if line.Text == "try" && line.RequestID == id {
			tries++
		}
	}
	if tries != 3 {
		t.Errorf("it was tried %d times", tries)
	}
	_, err = h.Enqueue(functions.Invocation{Function: "g"})
	if !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("unknown function: %v", err)
	}
}
