package ws

import (
	"compress/flate"
	"sync"
)

// A deflater is a compressor with its output. Each takes over 600 KB, hence the pool.
type deflater struct {
	out   []byte
	flate *flate.Writer
}

var deflaters = sync.Pool{New: func() any {
	z := new(deflater)
	// From level 2 on Reset clears 640 KB of tables, for every message. The level is valid, so
	// there is no error.
	z.flate, _ = flate.NewWriter(z, flate.BestSpeed)
	return z
}}

// AppendCompressed appends an unfragmented frame as a server sends it, deflated on its own, without
// the context of earlier messages. The caller checks that permessage-deflate was negotiated and
// that the peer's window is large enough ([Deflate.Fits]).
func AppendCompressed(dst []byte, op Opcode, payload []byte) []byte {
	var room [MaxHeader]byte
	start := len(dst)
	dst = AppendDeflated(append(dst, room[:]...), payload)
	body := dst[start+MaxHeader:]

	// The header's size is known only now.
	h := Header{Fin: true, RSV1: true, Opcode: op, Length: int64(len(body))}
	dst = AppendHeader(dst[:start], h)
	return append(dst, body...)
}

// AppendDeflated appends payload, compressed as RFC 7692 section 7.2.1 requires, without a header.
func AppendDeflated(dst, payload []byte) []byte {
	z := deflaters.Get().(*deflater)
	defer deflaters.Put(z)
	z.out = dst
	z.flate.Reset(z)
	// z.Write never fails, so neither do these.
	_, _ = z.flate.Write(payload)
	_ = z.flate.Flush()
	dst, z.out = z.out, nil
	return dst[:len(dst)-len(syncTail)]
}

// Write appends p to the output.
func (z *deflater) Write(p []byte) (int, error) {
	z.out = append(z.out, p...)
	return len(p), nil
}
