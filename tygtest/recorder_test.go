package tygtest_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

func TestRecorder(t *testing.T) {
	var r tygtest.Recorder
	ctx := t.Context()
	data := []byte("one")
	if err := r.Send(ctx, "john", data); err != nil {
		t.Fatal(err)
	}
	copy(data, "two")
	if err := r.SendMany(ctx, []tyg.ConnID{"john", "jenny"}, data); err != nil {
		t.Fatal(err)
	}
	if got := r.Sent("john"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("john was sent %q", got)
	}
	want := []tygtest.Sent{
		{ID: "john", Text: "one"}, {ID: "john", Text: "two"}, {ID: "jenny", Text: "two"},
	}
	if got := r.All(); !slices.Equal(got, want) {
		t.Errorf("All is %v, want %v", got, want)
	}
}

func TestRecorderFails(t *testing.T) {
	var r tygtest.Recorder
	ctx := t.Context()
	r.Fail("john", tyg.ErrThrottled)
	err := r.SendMany(ctx, []tyg.ConnID{"john", "jenny"}, []byte("x"))
	got := maps.Collect(tyg.Failures(err))
	if len(got) != 1 || got["john"] != tyg.ErrThrottled {
		t.Errorf("failures are %v, want john throttled", got)
	}
	if err := r.Send(ctx, "john", nil); !errors.Is(err, tyg.ErrThrottled) {
		t.Errorf("Send returned %v", err)
	}
	if _, err := r.Info(ctx, "john"); !errors.Is(err, tyg.ErrThrottled) {
		t.Errorf("Info returned %v", err)
	}
	r.Fail("john", nil)
	if _, err := r.Info(ctx, "john"); err != nil {
		t.Errorf("Info returned %v after the failure ended", err)
	}
	if got := r.All(); len(got) != 1 || got[0].ID != "jenny" {
		t.Errorf("All is %v, want jenny's alone", got)
	}
}

func TestRecorderClose(t *testing.T) {
	var r tygtest.Recorder
	if err := r.Close(t.Context(), "john"); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context(), "john"); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("second Close returned %v, want ErrGone", err)
	}
	if err := r.Send(t.Context(), "john", nil); !errors.Is(err, tyg.ErrGone) {
		t.Errorf("Send returned %v, want ErrGone", err)
	}
	if got := r.Closed(); !slices.Equal(got, []tyg.ConnID{"john"}) {
		t.Errorf("Closed is %q", got)
	}
}

func TestRecorderRefuses(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		ctx  context.Context
		data []byte
		want error
	}{
		{t.Context(), []byte("\xff"), tyg.ErrNotText},
		{t.Context(), make([]byte, 128<<10+1), tyg.ErrTooLarge},
		{ended, []byte("x"), context.Canceled},
	} {
		var r tygtest.Recorder
		if err := r.Send(test.ctx, "john", test.data); !errors.Is(err, test.want) {
			t.Errorf("Send returned %v, want %v", err, test.want)
		}
		if err := r.SendMany(test.ctx, []tyg.ConnID{"john"}, test.data); !errors.Is(err, test.want) {
			t.Errorf("SendMany returned %v, want %v", err, test.want)
		}
		if len(r.All()) > 0 {
			t.Errorf("recorded %v", r.All())
		}
	}
}
