package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// accept is the answer to wire.ClientKey in RFC 6455 section 1.3.
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

func TestAccept(t *testing.T) {
	if got := wire.Accept([]byte(wire.ClientKey)); got != accept {
		t.Errorf("Accept is %q, want %q", got, accept)
	}
}

func TestResponse(t *testing.T) {
	got := string(wire.Response(wire.Request("example.com", "/")))
	if !strings.HasPrefix(got, "HTTP/1.1 101 ") || !strings.Contains(got, ": "+accept+"\r\n\r\n") {
		t.Errorf("Response is %q", got)
	}
	if got := wire.Response([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); got != nil {
		t.Errorf("Response without a key is %q", got)
	}
}

func TestMaskedFrame(t *testing.T) {
	for _, n := range []int{0, 1, 7, 31, 32, 125, 126, 4096, 65535, 65536} {
		payload := bytes.Repeat([]byte("xyz"), n)[:n]
		frame := wire.AppendMasked(nil, wire.OpText, payload, 0x04030201)
		h, size := wire.ParseHeader(frame)
		want := wire.Header{Length: n, Key: 0x04030201, Op: wire.OpText, Masked: true}
		if h != want || size+n != len(frame) {
			t.Errorf("header of %d bytes is %+v in %d bytes, want %+v", n, h, size, want)
		}
		wire.Mask(frame[size:], h.Key)
		if !bytes.Equal(frame[size:], payload) {
			t.Errorf("payload of %d bytes came back as %.20q", n, frame[size:])
		}
		for i := range size {
			if _, got := wire.ParseHeader(frame[:i]); got != 0 {
				t.Errorf("%d of %d header bytes make a header", i, size)
			}
		}
	}
}

// The bytes are those of RFC 6455 section 5.7.
func TestFrameBytes(t *testing.T) {
	masked := "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
	if got := wire.AppendMasked(nil, wire.OpText, []byte("Hello"), 0x3d21fa37); string(got) != masked {
		t.Errorf("masked frame is %x, want %x", got, masked)
	}
	for n, want := range map[int]string{
		5:     "\x81\x05",
		256:   "\x81\x7e\x01\x00",
		65536: "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
	} {
		if got := wire.AppendHeader(nil, wire.OpText, n); string(got) != want {
			t.Errorf("header of %d bytes is %x, want %x", n, got, want)
		}
		h, size := wire.ParseHeader([]byte(want))
		if h != (wire.Header{Length: n, Op: wire.OpText}) || size != len(want) {
			t.Errorf("%x is parsed as %+v in %d bytes", want, h, size)
		}
	}
}
