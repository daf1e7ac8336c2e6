package tyg_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

func TestCloseCodeString(t *testing.T) {
	for code, want := range map[tyg.CloseCode]string{
		tyg.CloseGoingAway:    "1001 going away",
		tyg.CloseTLSHandshake: "1015 TLS handshake",
		1004:                  "1004",
		4001:                  "4001",
		0:                     "0",
	} {
		if got := code.String(); got != want {
			t.Errorf("CloseCode(%d) is %q, want %q", int(code), got, want)
		}
	}
}

// TestCloseCodesAgreeWithWS keeps the constants of the root and of the protocol layer, which
// imports nothing of this module, the same.
func TestCloseCodesAgreeWithWS(t *testing.T) {
	for code, want := range map[tyg.CloseCode]int{
		tyg.CloseNormal:             ws.CloseNormal,
		tyg.CloseGoingAway:          ws.CloseGoingAway,
		tyg.CloseProtocolError:      ws.CloseProtocolError,
		tyg.CloseUnsupportedData:    ws.CloseUnsupportedData,
		tyg.CloseNoStatus:           ws.CloseNoStatus,
		tyg.CloseAbnormal:           ws.CloseAbnormal,
		tyg.CloseInvalidPayload:     ws.CloseInvalidPayload,
		tyg.ClosePolicyViolation:    ws.ClosePolicyViolation,
		tyg.CloseMessageTooBig:      ws.CloseMessageTooBig,
		tyg.CloseMandatoryExtension: ws.CloseMandatoryExtension,
		tyg.CloseInternalError:      ws.CloseInternalError,
		tyg.CloseServiceRestart:     ws.CloseServiceRestart,
		tyg.CloseTryAgainLater:      ws.CloseTryAgainLater,
		tyg.CloseBadGateway:         ws.CloseBadGateway,
		tyg.CloseTLSHandshake:       ws.CloseTLSHandshake,
	} {
		if int(code) != want {
			t.Errorf("%v is %d in package ws", code, want)
		}
	}
}
