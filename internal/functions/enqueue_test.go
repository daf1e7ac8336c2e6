package functions_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
)

func TestEnqueue(t *testing.T) {
	var l log
	gaveUp := make(chan functions.Warning, 1)
	h := start(t, &functions.Host{
		Output: l.add, RetryDelay: 10 * time.Millisecond, Queue: 1,
		Warn: func(w functions.Warning) { gaveUp <- w },
	}, self("orders"))
	id, err := h.Enqueue(functions.Invocation{Function: "f", Payload: []byte(`{"Print":"try\n","Fail":"x"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Enqueue(functions.Invocation{Function: "f"}); !errors.Is(err, functions.ErrThrottled) {
		t.Errorf("a second event, where one may be on its way: %v", err)
	}
	if w := <-gaveUp; w.Kind != functions.WarnRetriesExhausted || w.RequestID != id || !strings.Contains(w.Detail, "3 attempts") {
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
	if _, err := h.Enqueue(functions.Invocation{Function: "g"}); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("unknown function: %v", err)
	}
}
