package ws

import "time"

// Config says what a [Reader] accepts. Readers may share a Config, which must not change while they
// do. The zero value reads frames of clients, without limits.
type Config struct {
	// Client is set at the client's end, where frames come from a server and must not be masked.
	// Otherwise they come from a client and must be.
	Client bool

	// MaxFrame is the longest payload of a data frame on the wire, MaxMessage the longest message
	// after inflation, both in bytes. Over them the peer is closed with 1009, at the header of the
	// frame that goes too far. MaxFragments is the most frames a message may come in; over it the
	// peer is closed with 1008. Zero means no limit.
	MaxFrame, MaxMessage, MaxFragments int

	// TextOnly refuses binary messages with 1003, at their first header.
	TextOnly bool
}

// A Message is a whole data message, or a control frame.
type Message struct {
	// Op is OpText, OpBinary, OpClose, OpPing or OpPong. OpContinuation, the zero value, means that
	// there is no message.
	Op Opcode

	// Data is unmasked and inflated; text is valid UTF-8. The Data of an OpClose is not parsed:
	// see [ParseClose].
	Data []byte
}

// A Reader parses a peer's bytes into messages. Between messages it holds no memory.
// It is not safe for concurrent use, and must not be copied after the first Next.
type Reader struct {
	Config  *Config // must be set
	Inflate bool    // permessage-deflate was negotiated

	op         Opcode // of the message that has begun; zero between messages
	compressed bool   // that message is deflated
	frames     int32  // of that message, so far

	kept *buffer // the payload of that message so far; nil between messages
	lent *buffer // memory of the last Message, if it is not the caller's
}

// Next takes the next complete message from the front of b, unmasking it in place, and returns how
// many bytes of b it used. Call it again with the rest of b, and with more bytes behind it:
//
//	for {
//		m, n, err := r.Next(b)
//		b = b[n:]
//		if err != nil || m.Op == 0 {
//			break
//		}
//		// use m
//	}
//
// A zero Message means that b holds no further complete message. Complete fragments of a message
// are used and kept in the Reader; the bytes of an incomplete frame are not used, so keep them.
// m.Data points into b or into memory of the Reader and is valid until the next call. The next
// call, even with an empty b, also returns that memory to its pool, so call Next until there is no
// message.
//
// The caller must ignore messages after an OpClose.
//
// The error is a [*CloseError] to close the peer with. It may come before its frame is complete.
// After it only Release may be called. Without fragments and compression nothing is allocated.
func (r *Reader) Next(b []byte) (m Message, n int, err error) { return r.NextPausing(b, nil) }

// NextPausing is Next that calls a function again and again while it inflates a message that takes
// long: a few bytes may take a millisecond. A nil function is not called.
func (r *Reader) NextPausing(b []byte, pause func()) (m Message, n int, err error) {
	if r.lent != nil {
		r.takeBack()
	}
	if m, n, err = r.text(b); n > 0 {
		return m, n, err
	}
	return r.next(b, pause)
}

// next is NextPausing for messages of all kinds.
func (r *Reader) next(b []byte, pause func()) (m Message, n int, err error) {
	for {
		h, size, err := ParseHeader(b[n:])
		if err != nil || size == 0 {
			return Message{}, n, err
		}
		if err := r.check(&h); err != nil {
			return Message{}, n, err
		}
		start := n + size
		if h.Length > int64(len(b)-start) {
			return Message{}, n, nil
		}
		n = start + int(h.Length)
		payload := b[start:n:n]
		if h.Masked {
			Mask(payload, h.Mask)
		}
		if m, err = r.accept(&h, payload, pause); m.Op != 0 || err != nil {
			return m, n, err
		}
	}
}

// check checks a frame by its header alone. It changes nothing, because a header is parsed again at
// each call until its payload is complete.
func (r *Reader) check(h *Header) error {
	if h.RSV2 || h.RSV3 {
		return protocolError("reserved bit is set")
	}
	if h.Masked == r.Config.Client {
		return r.maskError()
	}
	if h.Opcode >= OpClose {
		return checkControl(h)
	}
	if err := r.checkOrder(h); err != nil {
		return err
	}
	return r.checkLimits(h)
}

func (r *Reader) maskError() error {
	if r.Config.Client {
		return protocolError("frame of a server is masked")
	}
	return protocolError("frame of a client is not masked")
}

func checkControl(h *Header) error {
	switch {
	case h.Opcode > OpPong:
		return protocolError("opcode is reserved")
	case h.RSV1:
		return protocolError("control frame is compressed")
	case !h.Fin:
		return protocolError("control frame is fragmented")
	case h.Length > maxControl:
		return protocolError("control frame is over 125 bytes")
	}
	return nil
}

// checkOrder checks whether a data frame may come now, and of which kind.
func (r *Reader) checkOrder(h *Header) error {
	switch {
	case h.Opcode > OpBinary:
		return protocolError("opcode is reserved")
	case h.Opcode == OpContinuation && r.op == 0:
		return protocolError("continuation of nothing")
	case h.Opcode != OpContinuation && r.op != 0:
		return protocolError("message begins inside another")
	// RFC 7692 section 6.1: only the first frame of a message carries the bit.
	case h.RSV1 && (!r.Inflate || h.Opcode == OpContinuation):
		return protocolError("reserved bit is set")
	case h.Opcode == OpBinary && r.Config.TextOnly:
		return &CloseError{CloseUnsupportedData, "binary messages are not accepted"}
	}
	return nil
}

func (r *Reader) checkLimits(h *Header) error {
	c := r.Config
	if c.MaxFrame > 0 && h.Length > int64(c.MaxFrame) {
		return &CloseError{CloseMessageTooBig, "frame is too big"}
	}
	if c.MaxMessage > 0 && h.Length > r.remaining(h.RSV1 || r.compressed) {
		return errTooBig()
	}
	if c.MaxFragments > 0 && int(r.frames) >= c.MaxFragments {
		return &CloseError{ClosePolicyViolation, "message has too many fragments"}
	}
	return nil
}

// remaining returns how many more bytes of the current message are accepted on the wire.
func (r *Reader) remaining(compressed bool) int64 {
	n := int64(r.Config.MaxMessage)
	if compressed {
		// Data that deflate cannot compress grows: by 5 bytes in 64 KB if it is stored in full
		// blocks, and by 5 bytes at each flush of the sender. inflate enforces the exact limit.
		n += n/8 + 64
	}
	if r.kept != nil {
		n -= int64(len(r.kept.data))
	}
	return n
}

func errNotUTF8() error { return &CloseError{CloseInvalidPayload, "text is not UTF-8"} }

func errTooBig() error { return &CloseError{CloseMessageTooBig, "message is too big"} }

// accept takes a frame that has passed check, and returns the message that it completes, if any.
func (r *Reader) accept(h *Header, payload []byte, pause func()) (Message, error) {
	if h.Opcode >= OpClose {
		return Message{h.Opcode, payload}, nil
	}
	if h.Fin && h.Opcode != OpContinuation {
		return r.deliver(h.Opcode, h.RSV1, payload, pause)
	}
	r.keep(h, payload)
	if !h.Fin {
		return Message{}, nil
	}
	return r.complete(pause)
}

func (r *Reader) keep(h *Header, payload []byte) {
	if h.Opcode != OpContinuation {
		r.op, r.compressed, r.kept = h.Opcode, h.RSV1, newBuffer()
	}
	r.frames++
	r.grow(len(payload))
	r.kept.data = append(r.kept.data, payload...)
}

// grow makes room in kept for n more bytes. It doubles kept, within the limit of a message: append
// would grow a large slice by a quarter, and so copy a message of many fragments four times.
func (r *Reader) grow(n int) {
	data := r.kept.data
	if n <= cap(data)-len(data) {
		return
	}
	more := len(data)
	if r.Config.MaxMessage > 0 {
		more = int(min(int64(more), r.remaining(r.compressed)))
	}
	r.kept.data = append(make([]byte, 0, len(data)+max(n, more)), data...)
}

func (r *Reader) complete(pause func()) (Message, error) {
	op, compressed := r.op, r.compressed
	r.lent = r.kept
	r.op, r.compressed, r.frames, r.kept = 0, false, 0, nil
	return r.deliver(op, compressed, r.lent.data, pause)
}

func (r *Reader) deliver(
	op Opcode, compressed bool, data []byte, pause func(),
) (Message, error) {
	if compressed {
		return r.deliverInflated(op, data, pause)
	}
	if op == OpText && !ValidText(data) {
		return Message{}, errNotUTF8()
	}
	return Message{op, data}, nil
}

// deliverInflated is deliver for a message that is compressed. It measures how long that takes.
func (r *Reader) deliverInflated(op Opcode, data []byte, pause func()) (m Message, err error) {
	start, out := time.Now(), newBuffer()
	out.wire = len(data)
	paused, err := inflate(out, data, r.Config.MaxMessage, pause)
	r.takeBack()
	r.lent = out
	if err == nil {
		m, err = r.deliver(op, false, out.data, nil)
	}
	out.took = time.Since(start) - paused
	return m, err
}

// Inflated says what the last Message has cost, if it was compressed: how many bytes it had on the
// wire and has now, and how long it took to inflate it and to check its text. wire is 0 if it was
// not. Call it before the next call of Next.
func (r *Reader) Inflated() (wire, size int, took time.Duration) {
	if r.lent == nil || r.lent.wire == 0 {
		return 0, 0, 0
	}
	return r.lent.wire, len(r.lent.data), r.lent.took
}

func (r *Reader) takeBack() {
	r.lent.free()
	r.lent = nil
}

// Partial reports whether a fragmented message has begun and is not complete. The bytes of an
// incomplete frame, which the caller keeps, do not count.
func (r *Reader) Partial() bool { return r.op != 0 }

// Held returns how many bytes of memory an incomplete message takes.
func (r *Reader) Held() int {
	if r.kept == nil {
		return 0
	}
	return cap(r.kept.data)
}

// Release returns all memory to the pool and drops an incomplete message. It may be called more
// than once. The Message of the last Next is not valid afterwards.
func (r *Reader) Release() {
	r.takeBack()
	r.kept.free()
	r.op, r.compressed, r.frames, r.kept = 0, false, 0, nil
}
