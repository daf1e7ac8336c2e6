package reqbody_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/reqbody"
)

func TestReadReturnsBody(t *testing.T) {
	var b reqbody.Budget
	for _, n := range []int{0, 1, 1023, 1024, 1025, 100_000} {
		want := bytes.Repeat([]byte("x"), n)
		body, err := b.Read(bytes.NewReader(want), 0)
		if err != nil || !bytes.Equal(body.Data, want) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if b.Held() < n {
			t.Errorf("%d bytes are held of a body of %d", b.Held(), n)
		}
		body.Release()
		body.Release()
		if b.Held() != 0 {
			t.Fatalf("%d bytes are held after Release", b.Held())
		}
	}
}

func TestReadKeepsLimit(t *testing.T) {
	b := &reqbody.Budget{Bytes: 1 << 20}
	for _, limit := range []int{1, 1024, 3000} {
		body, err := b.Read(strings.NewReader(strings.Repeat("x", limit)), limit)
		if err != nil || len(body.Data) != limit {
			t.Fatalf("body of %d bytes: %v", limit, err)
		}
		body.Release()
		_, err = b.Read(strings.NewReader(strings.Repeat("x", limit+1)), limit)
		if !errors.Is(err, reqbody.ErrTooLarge) {
			t.Errorf("body of %d bytes: %v", limit+1, err)
		}
	}
	_, err := b.Read(strings.NewReader(strings.Repeat("x", 1<<20+1)), 0)
	if !errors.Is(err, reqbody.ErrTooLarge) {
		t.Errorf("body that is longer than the budget: %v", err)
	}
	if b.Held() != 0 {
		t.Errorf("%d bytes are held of bodies that were refused", b.Held())
	}
}

func TestBudgetBoundsAllBodiesTogether(t *testing.T) {
	b := &reqbody.Budget{Bytes: 10_000}
	first, err := b.Read(strings.NewReader(strings.Repeat("x", 6_000)), 6_000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read(strings.NewReader(strings.Repeat("x", 6_000)), 6_000); !errors.Is(err,
		reqbody.ErrBusy) {
		t.Fatalf("second body: %v", err)
	}
	first.Release()
	if _, err := b.Read(strings.NewReader(strings.Repeat("x", 6_000)), 6_000); err != nil {
		t.Errorf("body after the first was released: %v", err)
	}
}

// TestBudgetBoundsBodiesThatArrive begins bodies that never end.
func TestBudgetBoundsBodiesThatArrive(t *testing.T) {
	b := &reqbody.Budget{Bodies: 1}
	r, w := io.Pipe()
	ended := make(chan error)
	go func() {
		_, err := b.Read(r, 0)
		ended <- err
	}()
	_, _ = w.Write([]byte("x")) // it returns when Read has begun
	if _, err := b.Read(strings.NewReader("x"), 0); !errors.Is(err, reqbody.ErrBusy) {
		t.Errorf("second body: %v", err)
	}
	w.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-ended; err != io.ErrUnexpectedEOF {
		t.Errorf("body that was cut: %v", err)
	}
	if b.Held() != 0 {
		t.Errorf("%d bytes are held of a body that was cut", b.Held())
	}
	if _, err := b.Read(strings.NewReader("x"), 0); err != nil {
		t.Errorf("body after the first has ended: %v", err)
	}
}
