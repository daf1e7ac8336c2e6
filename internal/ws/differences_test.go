package ws_test

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A blindSpot is a frame that gws is not tested with, because it is known to be wrong there or has
// no such limit. gws is tested with the bytes before it.
type blindSpot struct {
	name string
	code int // with which to close; 0 if there is nothing to compare
	is   func(c *exchange, before *message, f wire) bool
}

var blindSpots = []blindSpot{
	{
		// RFC 6455 section 5.2: a bit that no extension defines fails the connection. RFC 7692
		// section 6 defines RSV1, of the first frame of a data message. gws looks at none of the
		// bits once compression is agreed on.
		"reserved bits with compression", ws.CloseProtocolError,
		func(c *exchange, _ *message, f wire) bool {
			return c.inflate && (f.first&(rsv2|rsv3) != 0 ||
				f.rsv1() && (f.control() || f.opcode() == ws.OpContinuation))
		},
	},
	{
		// RFC 6455 section 5.2: "the minimal number of bytes MUST be used". gws does not check.
		"length not in its shortest form", ws.CloseProtocolError,
		func(_ *exchange, _ *message, f wire) bool { return !f.shortest },
	},
	{
		// RFC 6455 section 5.2: "the most significant bit MUST be 0". gws panics.
		"length with the top bit", ws.CloseProtocolError,
		func(_ *exchange, _ *message, f wire) bool { return f.length>>63 != 0 },
	},
	{
		// RFC 1951 section 3.2.3: a block with BFINAL is the last of the data. RFC 7692 section
		// 7.2.3.4: one zero byte follows it. gws drops whatever follows.
		"more behind the last block", ws.CloseInvalidPayload,
		func(c *exchange, before *message, f wire) bool {
			m := before.with(f)
			if !passes(c, before, f) || !f.whole || !f.fin() || !m.compressed {
				return false
			}
			n, early := endsEarly(m.payload)
			most := int64(c.config.MaxMessage)
			return early && (most == 0 || n <= most && int64(len(m.payload)) <= most)
		},
	},
	{
		// RFC 6455 section 7.4.1, code 1003: our choice, which gws does not have.
		"binary where only text is taken", ws.CloseUnsupportedData,
		func(c *exchange, before *message, f wire) bool {
			return passes(c, before, f) && c.config.TextOnly && f.opcode() == ws.OpBinary
		},
	},
	{
		// RFC 6455 section 7.4.1, code 1008: our choice, which gws does not have.
		"too many fragments", ws.ClosePolicyViolation,
		func(c *exchange, before *message, f wire) bool {
			most := c.config.MaxFragments
			return passes(c, before, f) && most > 0 && before.with(f).frames > most
		},
	},
	{
		// RFC 6455 section 10.4: limits are up to us. gws has one for frames and messages together.
		"frame over a limit of its own", ws.CloseMessageTooBig,
		func(c *exchange, before *message, f wire) bool {
			most := c.config.MaxFrame
			return passes(c, before, f) && most > 0 && most != c.config.MaxMessage &&
				f.length > uint64(most)
		},
	},
	{
		// RFC 6455 section 10.4 again: we do not count control frames, whose size is limited anyway.
		"control frame over the limit", 0,
		func(c *exchange, _ *message, f wire) bool {
			most := c.config.MaxMessage
			return most > 0 && f.control() && f.length <= 125 && f.length > uint64(most)
		},
	},
	{
		// RFC 1951 section 3.2.4: what cannot be compressed is stored and grows. Our limit is on the
		// message; gws holds its against the compressed bytes too.
		"compressed bytes over the limit", 0,
		func(c *exchange, before *message, f wire) bool {
			most, whole := uint64(c.config.MaxMessage), uint64(c.config.MaxFrame)
			sum := uint64(len(before.payload)) + f.length
			return passes(c, before, f) && before.with(f).compressed &&
				most > 0 && sum > most && (whole == 0 || f.length <= whole)
		},
	},
}

// passes reports whether f is a data frame that may come now.
func passes(c *exchange, before *message, f wire) bool {
	return before.takes(f) && f.masked() == !c.config.Client && (c.inflate || !f.rsv1())
}

// A recoding is a case that both close, with different codes, and the reason for our code.
type recoding struct {
	name string
	is   func(c *exchange, ours, theirs verdict) bool
}

const tooLarge = "too large" // in the reason of gws

var recodings = []recoding{
	{
		// RFC 6455 section 7.4.1: 1007 is for data that is not what the message says it is. 1011 is
		// for trouble of the server's own.
		"damaged compression is 1007, not 1011",
		func(_ *exchange, ours, theirs verdict) bool {
			return ours.code == ws.CloseInvalidPayload && theirs.code == ws.CloseInternalError &&
				!strings.Contains(theirs.reason, tooLarge)
		},
	},
	{
		// RFC 6455 section 7.4.1: 1009 is for a message that is too big, compressed or not.
		"a bomb is 1009, not 1011",
		func(_ *exchange, ours, theirs verdict) bool {
			return ours.code == ws.CloseMessageTooBig && theirs.code == ws.CloseInternalError &&
				strings.Contains(theirs.reason, tooLarge)
		},
	},
	{
		// RFC 6455 section 7.1.7 gives no order to the faults of one frame. We put what the RFC
		// forbids before what we do not want.
		"two faults in a header",
		func(c *exchange, ours, theirs verdict) bool {
			return ours.code == ws.CloseProtocolError && theirs.code == ws.CloseMessageTooBig &&
				longest(c) > uint64(c.config.MaxMessage)
		},
	},
	{
		// The same of a close frame. The code stands before the reason.
		"two faults in a close frame",
		func(c *exchange, ours, theirs verdict) bool {
			code, reason := closing(c)
			return ours.code == ws.CloseProtocolError && theirs.code == ws.CloseInvalidPayload &&
				!ws.ValidCloseCode(code) && !utf8.ValidString(reason)
		},
	},
	{
		// RFC 6455 section 5.5.1: the answer "typically echos the status code". gws says 1000.
		"the code is echoed",
		func(c *exchange, ours, theirs verdict) bool {
			code, _ := closing(c)
			return code > ws.CloseNormal && code < ws.CloseBadGateway &&
				ours.code == code && theirs.code == ws.CloseNormal
		},
	},
	{
		// https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number lists it.
		"1014 is registered",
		func(c *exchange, ours, theirs verdict) bool {
			code, _ := closing(c)
			return code == ws.CloseBadGateway && ours.code == code &&
				theirs.code == ws.CloseProtocolError
		},
	},
}

// longest returns the longest payload that a header claims.
func longest(c *exchange) (n uint64) {
	for _, f := range wires(c.in) {
		n = max(n, f.length)
	}
	return n
}

// closing returns the code and reason of the first close frame.
func closing(c *exchange) (code int, reason string) {
	for _, f := range wires(c.in) {
		if f.opcode() == ws.OpClose && len(f.payload) >= 2 {
			return int(binary.BigEndian.Uint16([]byte(f.payload))), f.payload[2:]
		}
	}
	return 0, ""
}

// RFC 6455 section 7.1.7 does not require waiting for the payload of a frame whose header is wrong.
// gws mostly waits.
const early = "refused before the payload has come"
