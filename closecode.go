package tyg

import "strconv"

// A CloseCode is the status code of a WebSocket close frame. Codes 3000 to 3999 are registered for
// libraries, 4000 to 4999 are the application's own
// (https://www.rfc-editor.org/rfc/rfc6455#section-7.4).
type CloseCode int

// The codes that RFC 6455 section 7.4.1 and the registry that it founded define
// (https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number).
const (
	CloseNormal             CloseCode = 1000 // the purpose is fulfilled; what Sender.Close sends
	CloseGoingAway          CloseCode = 1001 // a page was left, a server stops, a limit passed
	CloseProtocolError      CloseCode = 1002
	CloseUnsupportedData    CloseCode = 1003 // a binary message where only text is taken
	CloseNoStatus           CloseCode = 1005 // the close frame had no code; never sent
	CloseAbnormal           CloseCode = 1006 // the socket was lost without a close frame; never sent
	CloseInvalidPayload     CloseCode = 1007 // text that is not valid UTF-8
	ClosePolicyViolation    CloseCode = 1008
	CloseMessageTooBig      CloseCode = 1009
	CloseMandatoryExtension CloseCode = 1010 // sent by clients only
	CloseInternalError      CloseCode = 1011
	CloseServiceRestart     CloseCode = 1012
	CloseTryAgainLater      CloseCode = 1013 // overload: a client that does not keep up
	CloseBadGateway         CloseCode = 1014
	CloseTLSHandshake       CloseCode = 1015 // never sent
)

// String returns the code in decimal, with its name if it has one: "1001 going away".
func (c CloseCode) String() string {
	text := strconv.Itoa(int(c))
	if name := c.name(); name != "" {
		return text + " " + name
	}
	return text
}

func (c CloseCode) name() string {
	switch c {
	case CloseNormal:
		return "normal closure"
	case CloseGoingAway:
		return "going away"
	case CloseProtocolError:
		return "protocol error"
	case CloseUnsupportedData:
		return "unsupported data"
	case CloseNoStatus:
		return "no status received"
	case CloseAbnormal:
		return "abnormal closure"
	case CloseInvalidPayload:
		return "invalid frame payload data"
	case ClosePolicyViolation:
		return "policy violation"
	case CloseMessageTooBig:
		return "message too big"
	case CloseMandatoryExtension:
		return "mandatory extension"
	case CloseInternalError:
		return "internal server error"
	case CloseServiceRestart:
		return "service restart"
	case CloseTryAgainLater:
		return "try again later"
	case CloseBadGateway:
		return "bad gateway"
	case CloseTLSHandshake:
		return "TLS handshake"
	}
	return ""
}
