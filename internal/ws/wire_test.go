package ws_test

import (
	"compress/flate"
	"encoding/binary"
	"io"
	"iter"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A wire is a frame as it stands in a stream, parsed as RFC 6455 section 5.2 describes it and
// without the help of the package.
type wire struct {
	at            int // where it begins in the stream, in bytes
	first, second byte
	length        uint64
	shortest      bool   // whether the length is written in its shortest form
	whole         bool   // whether all of the payload is there
	payload       string // unmasked; empty unless whole
	missing       uint64 // bytes of the payload that are not there
}

func (f wire) fin() bool         { return f.first&fin != 0 }
func (f wire) rsv1() bool        { return f.first&rsv1 != 0 }
func (f wire) opcode() ws.Opcode { return ws.Opcode(f.first & 0x0f) }
func (f wire) control() bool     { return f.opcode() >= ws.OpClose }
func (f wire) masked() bool      { return f.second&0x80 != 0 }

// wires walks the frames of a stream with what came before each, up to one whose header is not
// complete or whose payload is not.
func wires(in string) iter.Seq2[*message, wire] {
	return func(yield func(*message, wire) bool) {
		before := new(message)
		for at := 0; ; {
			f, size := readWire(in[at:])
			f.at = at
			if size == 0 || !yield(before, f) || !f.whole {
				return
			}
			before.add(f)
			at += size
		}
	}
}

// readWire reads the frame at the front of in. The size is 0 while its header is not complete.
func readWire(in string) (f wire, size int) {
	if len(in) < 2 {
		return f, 0
	}
	f.first, f.second = in[0], in[1]
	header := 2 + map[byte]int{126: 2, 127: 8}[f.second&0x7f]
	key := ""
	if f.masked() {
		header += 4
	}
	if len(in) < header {
		return f, 0
	}
	if f.masked() {
		key = in[header-4 : header]
	}
	f.length, f.shortest = readLength(in)
	rest := in[header:]
	if f.length > uint64(len(rest)) {
		f.missing = f.length - uint64(len(rest))
		return f, header
	}
	f.whole, f.payload = true, unmask(rest[:f.length], key)
	return f, header + int(f.length)
}

func readLength(in string) (n uint64, shortest bool) {
	switch short := in[1] & 0x7f; short {
	case 126:
		n = uint64(binary.BigEndian.Uint16([]byte(in[2:4])))
		return n, n > 125
	case 127:
		n = binary.BigEndian.Uint64([]byte(in[2:10]))
		return n, n > 0xffff
	default:
		return uint64(short), true
	}
}

func unmask(payload, key string) string {
	if key == "" {
		return payload
	}
	b := []byte(payload)
	for i := range b {
		b[i] ^= key[i%4]
	}
	return string(b)
}

// A message is a data message that has begun. The zero value is none.
type message struct {
	op         ws.Opcode
	compressed bool
	frames     int
	payload    string
}

func (m *message) add(f wire) {
	if f.control() {
		return
	}
	*m = m.with(f)
	if f.fin() {
		*m = message{}
	}
}

// takes reports whether a data frame may follow (RFC 6455 section 5.4).
func (m *message) takes(f wire) bool {
	return f.opcode() <= ws.OpBinary && (f.opcode() == ws.OpContinuation) == (m.op != 0)
}

// with returns the message that f begins or goes on with.
func (m *message) with(f wire) message {
	n := *m
	if f.opcode() != ws.OpContinuation {
		n = message{op: f.opcode(), compressed: f.rsv1()}
	}
	n.frames++
	n.payload += f.payload
	return n
}

// endsEarly reports whether there is more behind the last block of deflated data than the zero byte
// that RFC 7692 section 7.2.3.4 puts there, and how long the message is before that.
func endsEarly(payload string) (n int64, early bool) {
	in := strings.NewReader(payload + "\x00\x00\xff\xff\x01\x00\x00\xff\xff")
	n, err := io.Copy(io.Discard, flate.NewReader(in))
	left := in.Len() - 9 // of the payload
	return n, err == nil && in.Len() > 0 && (left != 1 || !strings.HasSuffix(payload, "\x00"))
}
