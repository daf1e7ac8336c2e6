package hostapi_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

func TestConditions(t *testing.T) {
	for _, rev := range []tyg.Revision{0, 1, 42, tyg.AnyRevision - 1, tyg.AnyRevision} {
		h := make(http.Header)
		hostapi.SetCondition(h, rev)
		if got, err := hostapi.Condition(h); got != rev || err != nil {
			t.Errorf("%v is %d, %v, want %d", h, got, err, rev)
		}
	}
	for _, h := range []http.Header{
		{"If-Match": {"*"}},
		{"If-Match": {"7"}},
		{"If-Match": {`"`}},
		{"If-Match": {`"07"`}},
		{"If-Match": {`"0"`}},
		{"If-Match": {`W/"7"`}},
		{"If-Match": {`"7", "8"`}},
		{"If-Match": {`"7"`, `"8"`}},
		{"If-Match": {`"18446744073709551615"`}},
		{"If-None-Match": {`"7"`}},
		{"If-Match": {`"7"`}, "If-None-Match": {"*"}},
	} {
		if rev, err := hostapi.Condition(h); err == nil {
			t.Errorf("%v is taken for revision %d", h, rev)
		}
	}
}

func TestExceptions(t *testing.T) {
	ids := []tyg.ConnID{"R1kmxc2VNjMCFIA=", "R1kmxc2VNjMCFIB="}
	if got := hostapi.ParseExcept([]string{hostapi.Except(ids)}); !slices.Equal(got, ids) {
		t.Errorf("got %q", got)
	}
	got := hostapi.ParseExcept([]string{" a , b,,", "c"})
	if !slices.Equal(got, []tyg.ConnID{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}
