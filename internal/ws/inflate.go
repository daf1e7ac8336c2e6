package ws

import (
	"compress/flate"
	"io"
	"math"
	"slices"
	"sync"
	"time"
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

	pause  func() // nil: it never pauses
	stride int    // bytes of payload between two looks at the clock
	look   int    // where to look next
	since  time.Time
	paused time.Duration
}

// An inflater works for inflateSlice before it pauses. It looks at the clock strides times at most,
// because a look costs as much as to inflate some bytes of prose, and not more often than each 4
// bytes, which inflate to 4 KB at most.
const (
	inflateSlice = 25 * time.Microsecond
	strides      = 32
	minStride    = 4
)

var inflaters = sync.Pool{New: func() any {
	z := new(inflater)
	z.flate = flate.NewReader(z)
	return z
}}

// inflate appends the message in payload to dst. It fails as soon as the message has more than
// limit bytes; 0 means no limit. It calls pause, if that is not nil, now and then, and returns for
// how long those calls took.
func inflate(
	dst *buffer, payload []byte, limit int, pause func(),
) (paused time.Duration, err error) {
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	z.payload, z.pos, z.paused = payload, 0, 0
	if z.pause, z.look = pause, math.MaxInt; pause != nil {
		z.stride = max(minStride, len(payload)/strides)
		z.look, z.since = z.stride, time.Now()
	}
	_ = z.flate.(flate.Resetter).Reset(z, nil) // never fails
	err = z.inflate(dst, limit)
	z.payload, z.pause = nil, nil
	return z.paused, err
}

// rest pauses if it is time.
func (z *inflater) rest() {
	z.look = z.pos + z.stride
	worked := time.Since(z.since)
	if worked < inflateSlice {
		return
	}
	z.pause()
	now := time.Now()
	z.paused += now.Sub(z.since) - worked
	z.since = now
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
	if z.pos >= z.look {
		z.rest()
	}
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
