// Package closehint says what to do about the code with which a WebSocket was closed.
package closehint

import "github.com/tyg-dev/tyg/internal/ws"

// A hint is what to do about a code.
type hint struct {
	text  string
	again bool // connecting again may help
}

// ofServer are the hints for codes that servers close with. A server may be of any make, so they
// say what the code means (RFC 6455 section 7.4.1), and what API Gateway and tyg mean by it: see
// docs/troubleshooting.md and
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
func ofServer(code int) hint {
	switch code {
	case ws.CloseGoingAway:
		return hint{"the server stops, or the connection was idle or old: API Gateway and tyg end it " +
			"after 10 minutes without a message, and after 2 hours", true}
	case ws.CloseProtocolError:
		return hint{"the server could not read the frames: leave out --compress, and look at the " +
			"proxies on the way", false}
	case ws.CloseUnsupportedData:
		return hint{"the server does not take messages of this type: --binary, /hex and send-hex send " +
			"binary ones, all else is text; API Gateway takes text only, tyg takes both with -binary " +
			"or TYG_BINARY=true", false}
	case ws.CloseAbnormal:
		return hint{"the server or a proxy ended it without a close frame; --ping 20s keeps a quiet " +
			"connection open", true}
	case ws.CloseInvalidPayload:
		return hint{"the server cannot use what was sent: text must be UTF-8, and to some servers JSON " +
			"of the right form", false}
	case ws.ClosePolicyViolation:
		return hint{"a rule of the server forbids it: look at the credentials (--header), --origin, " +
			"and what was sent", false}
	case ws.CloseMessageTooBig:
		return hint{"the message is longer than the server takes: API Gateway takes 128 KB, and tyg " +
			"too, unless -profile server (16 MB) or -limit-message BYTES says more", false}
	case ws.CloseInternalError:
		return hint{"the server has a fault: its log says more", true}
	case ws.CloseServiceRestart:
		return hint{again: true} // the name of the code says the rest
	case ws.CloseTryAgainLater:
		return hint{"the server is full, or this client reads too slowly", true}
	case ws.CloseBadGateway:
		return hint{"a proxy got no valid answer from the server behind it", true}
	}
	return hint{}
}

// OfServer returns what to do about a code that a server has closed with, or 1006 for the end of a
// connection without one. It is empty if there is nothing to say. reconnects says that the client
// connects again by itself.
func OfServer(code int, reconnects bool) string {
	h := ofServer(code)
	switch {
	case !h.again || reconnects:
		return h.text
	case h.text == "":
		return connectAgain
	}
	return h.text + "; " + connectAgain
}

const connectAgain = "--reconnect connects again"

// OfClient returns the hint for a code that the client has closed with, because of what the server
// has sent.
func OfClient(code int) string {
	switch code {
	case ws.CloseProtocolError:
		return "what came is no frame that the client can read: leave out --compress, and look at the " +
			"proxies on the way"
	case ws.CloseInvalidPayload:
		return "a server sends bytes that are no text as binary messages"
	case ws.CloseMessageTooBig:
		return "the client takes messages of up to 64 MB"
	}
	return ""
}
