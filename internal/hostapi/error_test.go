package hostapi_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// TestErrorsComeBack writes each error as a gateway does, and reads it as a function does.
func TestErrorsComeBack(t *testing.T) {
	for _, want := range []error{
		tyg.ErrGone, tyg.ErrThrottled, tyg.ErrTooLarge, tyg.ErrNotText, tyg.ErrBinary, tyg.ErrInvalidID,
		tyg.ErrInvalidGroup, tyg.ErrConflict, hostapi.ErrNoValue, hostapi.ErrMethod,
		errors.ErrUnsupported,
	} {
		w := httptest.NewRecorder()
		hostapi.WriteError(w, &tyg.ConnError{Op: "add", ID: "x", Err: want})
		if err := hostapi.ReadError(w.Code, w.Header(), "said"); !errors.Is(err, want) {
			t.Errorf("%v comes back as %v", want, err)
		}
	}
	for _, denied := range []error{
		hostapi.BadRequest("x"), apigw.DenyUnsigned(), apigw.DenyPath(),
	} {
		w := httptest.NewRecorder()
		hostapi.WriteError(w, denied)
		err := hostapi.ReadError(w.Code, w.Header(), "said")
		if err == nil || !strings.Contains(err.Error(), "said") {
			t.Errorf("%v comes back as %v", denied, err)
		}
	}
	w := httptest.NewRecorder()
	hostapi.WriteError(w, errors.New("secret"))
	if err := hostapi.ReadError(w.Code, w.Header(), ""); err == nil || w.Code != 500 ||
		strings.Contains(w.Body.String(), "secret") {
		t.Errorf("an unknown error is answered with %d %s, and read as %v", w.Code, w.Body, err)
	}
	if err := hostapi.ReadError(204, nil, ""); err != nil {
		t.Errorf("status 204 is %v", err)
	}
}
