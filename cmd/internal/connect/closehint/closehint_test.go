package closehint_test

import (
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/connect/closehint"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Each registered code that a server may send has a hint, unless it is no failure.
func TestEachCodeHasAHint(t *testing.T) {
	for code := 1000; code < 1016; code++ {
		none := code == ws.CloseNormal || code == ws.CloseMandatoryExtension || // sent by clients
			!ws.ValidCloseCode(code) && code != ws.CloseAbnormal
		if hint := closehint.OfServer(code, false); (hint == "") != none {
			t.Errorf("the hint for %d is %q", code, hint)
		}
	}
	if hint := closehint.OfServer(4000, false); hint != "" {
		t.Errorf("the hint for a code of the application is %q", hint)
	}
}
