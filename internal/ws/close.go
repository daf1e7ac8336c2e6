package ws

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Close codes: RFC 6455 section 7.4.1 and
// https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
const (
	CloseNormal             = 1000
	CloseGoingAway          = 1001
	CloseProtocolError      = 1002
	CloseUnsupportedData    = 1003
	CloseNoStatus           = 1005 // never on the wire: the close frame was empty
	CloseAbnormal           = 1006 // never on the wire: there was no close frame
	CloseInvalidPayload     = 1007
	ClosePolicyViolation    = 1008
	CloseMessageTooBig      = 1009
	CloseMandatoryExtension = 1010
	CloseInternalError      = 1011
	CloseServiceRestart     = 1012
	CloseTryAgainLater      = 1013
	CloseBadGateway         = 1014
	CloseTLSHandshake       = 1015 // never on the wire
)

// RFC 6455 section 5.5.1: a control frame's 125 bytes less the 2 of the code.
const maxReason = maxControl - 2

// A CloseError is the code and reason that the peer closed a connection with, or that the peer must
// be closed with. The function that returns it says which.
type CloseError struct {
	Code   int
	Reason string // often empty
}

// Error returns the code, its name if it has one, and the reason.
func (e *CloseError) Error() string {
	s := fmt.Sprintf("websocket closed with %d", e.Code)
	if name := closeName(e.Code); name != "" {
		s += " (" + name + ")"
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

func closeName(code int) string {
	names := [...]string{
		CloseNormal - 1000:             "normal",
		CloseGoingAway - 1000:          "going away",
		CloseProtocolError - 1000:      "protocol error",
		CloseUnsupportedData - 1000:    "unsupported data",
		CloseNoStatus - 1000:           "no status",
		CloseAbnormal - 1000:           "abnormal",
		CloseInvalidPayload - 1000:     "invalid payload",
		ClosePolicyViolation - 1000:    "policy violation",
		CloseMessageTooBig - 1000:      "message too big",
		CloseMandatoryExtension - 1000: "mandatory extension",
		CloseInternalError - 1000:      "internal error",
		CloseServiceRestart - 1000:     "service restart",
		CloseTryAgainLater - 1000:      "try again later",
		CloseBadGateway - 1000:         "bad gateway",
		CloseTLSHandshake - 1000:       "TLS handshake",
	}
	if i := code - 1000; i >= 0 && i < len(names) {
		return names[i]
	}
	return ""
}

func protocolError(reason string) error {
	return &CloseError{Code: CloseProtocolError, Reason: reason}
}

// ValidCloseCode reports whether code may be sent in a close frame: a registered code that is not
// reserved for use inside an endpoint, or one of 3000 to 4999 (RFC 6455 section 7.4.2).
func ValidCloseCode(code int) bool {
	switch {
	case code >= CloseNormal && code <= CloseUnsupportedData:
		return true
	case code >= CloseInvalidPayload && code <= CloseBadGateway:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}

// ParseClose reads the payload of a close frame. An empty one means [CloseNoStatus]. The error is a
// [*CloseError] to answer with: 1002 for half a code or one that [ValidCloseCode] refuses, 1007 for
// a reason that is not UTF-8.
func ParseClose(payload []byte) (code int, reason string, err error) {
	if len(payload) == 0 {
		return CloseNoStatus, "", nil
	}
	if len(payload) == 1 {
		return 0, "", protocolError("close code is cut short")
	}
	code = int(binary.BigEndian.Uint16(payload))
	if !ValidCloseCode(code) {
		return 0, "", protocolError("close code is not allowed")
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", &CloseError{CloseInvalidPayload, "close reason is not UTF-8"}
	}
	return code, string(payload[2:]), nil
}

// AppendClose appends a whole close frame as a server sends it. A code that may not be sent, such
// as [CloseNoStatus], makes the frame empty. Invalid UTF-8 is removed from the reason, which is
// then cut to at most 123 bytes between two characters.
func AppendClose(dst []byte, code int, reason string) []byte {
	var payload [maxControl]byte
	return AppendFrame(dst, OpClose, AppendClosePayload(payload[:0], code, reason))
}

// AppendClosePayload appends the payload of a close frame, as [AppendClose] makes it.
func AppendClosePayload(dst []byte, code int, reason string) []byte {
	if !ValidCloseCode(code) {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, cutReason(reason)...)
}

func cutReason(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= maxReason {
		return s
	}
	n := maxReason
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
