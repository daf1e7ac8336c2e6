package ws

import (
	"compress/flate"
	"io"
	"slices"
	"sync"
)

// tail is appended to a compressed payload: the 4 bytes that the sender has cut off (RFC 7692
// section 7.2.2), then an empty block marked as the last, so that the end of a valid stream is
// io.EOF.
const (
	syncTail = "\x00\x00\xff\xff"
	tail     = syncTail + "\x01" + syncTail
)

// An inflater is a decompressor with its input. Each takes about 40 KB, hence the pool.
type inflater struct {
	payload []byte
	pos     int // in payload followed by tail
	flate   io.Reader
}

var inflaters = sync.Pool{New: func() any {
	z := new(inflater)
	z.flate = flate.NewReader(z)
	return z
}}

// inflate appends the message in payload to dst. It fails as soon as the message has more than
// limit bytes; 0 means no limit.
func inflate(dst *buffer, payload []byte, limit int) error {
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	z.payload, z.pos = payload, 0
	_ = z.flate.(flate.Resetter).Reset(z, nil) // never fails
	err := z.inflate(dst, limit)
	z.payload = nil
	return err
}

func (z *inflater) inflate(dst *buffer, limit int) error {
	for {
		if len(dst.data) == cap(dst.data) {
			dst.data = slices.Grow(dst.data, max(512, len(dst.data)))
		}
		n, err := z.flate.Read(dst.data[len(dst.data):cap(dst.data)])
		dst.data = dst.data[:len(dst.data)+n]
		switch {
		case limit > 0 && len(dst.data) > limit:
			return errTooBig()
		case err == nil:
		case err == io.EOF && z.ended():
			return nil
		default:
			return &CloseError{CloseInvalidPayload, "compressed data is damaged"}
		}
	}
}

// ended reports whether the last block ended where it should: at the end of tail, or, if the sender
// marked a block of the payload as the last one, before a final zero byte (RFC 7692 section
// 7.2.3.4). That byte begins the empty block whose rest the sender cut off.
func (z *inflater) ended() bool {
	if z.pos == len(z.payload)+len(tail) {
		return true
	}
	return z.pos == len(z.payload)-1 && z.payload[z.pos] == 0
}

// ReadByte makes the decompressor read no byte more than it needs, which ended relies on.
func (z *inflater) ReadByte() (byte, error) {
	i := z.pos - len(z.payload)
	if i >= len(tail) {
		return 0, io.EOF
	}
	z.pos++
	if i < 0 {
		return z.payload[z.pos-1], nil
	}
	return tail[i], nil
}

// Read returns payload and tail one after the other without joining them.
func (z *inflater) Read(p []byte) (n int, err error) {
	if i := z.pos - len(z.payload); i >= 0 {
		n = copy(p, tail[i:])
	} else {
		n = copy(p, z.payload[z.pos:])
	}
	z.pos += n
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
