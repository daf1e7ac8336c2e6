package ws_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestHeaders(t *testing.T) {
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	text := func(n int64) ws.Header { return ws.Header{Fin: true, Opcode: ws.OpText, Length: n} }
	for _, test := range []struct {
		name  string
		bytes string
		want  ws.Header
	}{
		// The examples of RFC 6455 section 5.7.
		{"unmasked text", "\x81\x05", text(5)},
		{
			"masked text", "\x81\x85\x37\xfa\x21\x3d",
			ws.Header{Fin: true, Opcode: ws.OpText, Masked: true, Mask: key, Length: 5},
		},
		{"first fragment", "\x01\x03", ws.Header{Opcode: ws.OpText, Length: 3}},
		{"last fragment", "\x80\x02", ws.Header{Fin: true, Length: 2}},
		{"ping", "\x89\x05", ws.Header{Fin: true, Opcode: ws.OpPing, Length: 5}},
		{"256 bytes", "\x82\x7e\x01\x00", ws.Header{Fin: true, Opcode: ws.OpBinary, Length: 256}},
		{
			"64 KB", "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
			ws.Header{Fin: true, Opcode: ws.OpBinary, Length: 65536},
		},

		{"empty", "\x81\x00", text(0)},
		{"longest of 7 bits", "\x81\x7d", text(125)},
		{"shortest of 16 bits", "\x81\x7e\x00\x7e", text(126)},
		{"127", "\x81\x7e\x00\x7f", text(127)},
		{"longest of 16 bits", "\x81\x7e\xff\xff", text(65535)},
		{"shortest of 64 bits", "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", text(65536)},
		{"longest of all", "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", text(math.MaxInt64)},
		{
			"masked, 16 bits", "\x81\xfe\x01\x00\x37\xfa\x21\x3d",
			ws.Header{Fin: true, Opcode: ws.OpText, Masked: true, Mask: key, Length: 256},
		},
		{
			"masked, 64 bits", "\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00\x37\xfa\x21\x3d",
			ws.Header{Fin: true, Opcode: ws.OpText, Masked: true, Mask: key, Length: 1 << 32},
		},
		{"RSV1", "\xc1\x00", ws.Header{Fin: true, RSV1: true, Opcode: ws.OpText}},
		{"RSV2", "\xa1\x00", ws.Header{Fin: true, RSV2: true, Opcode: ws.OpText}},
		{"RSV3", "\x91\x00", ws.Header{Fin: true, RSV3: true, Opcode: ws.OpText}},
		{"reserved opcode", "\x8f\x00", ws.Header{Fin: true, Opcode: 15}},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := []byte(test.bytes)
			for n := range in {
				if _, size, err := ws.ParseHeader(in[:n]); size != 0 || err != nil {
					t.Errorf("the first %d bytes: got %d, %v; want 0, nil", n, size, err)
				}
			}
			got, n, err := ws.ParseHeader(append(bytes.Clone(in), "payload"...))
			if err != nil || n != len(in) || got != test.want {
				t.Errorf("got %+v, %d, %v; want %+v, %d", got, n, err, test.want, len(in))
			}
			if again := ws.AppendHeader([]byte("x"), got); string(again) != "x"+test.bytes {
				t.Errorf("AppendHeader: got %x, want %x behind x", again, in)
			}
		})
	}
}

func TestLengthsNotInTheShortestForm(t *testing.T) {
	for _, in := range []string{
		"\x81\x7e\x00\x00",
		"\x81\x7e\x00\x7d",
		"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x7d",
		"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff",
		"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00",
		"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x81\xfe\x00\x7d\x01\x02\x03\x04",
	} {
		_, n, err := ws.ParseHeader([]byte(in))
		if n != 0 || closeCode(err) != ws.CloseProtocolError {
			t.Errorf("%x: got %d, %v; want 0 and 1002", in, n, err)
		}
		if n := ws.FrameSize([]byte(in)); n != 0 {
			t.Errorf("FrameSize of %x: got %d, want 0", in, n)
		}
	}
}

func TestFrameSize(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int
	}{
		{"", 0},
		{"\x81", 0},
		{"\x81\x05", 7},
		{"\x81\x85", 0},
		{"\x81\x85\x01\x02\x03\x04", 11},
		{"\x81\x7e\x01", 0},
		{"\x81\x7e\x01\x00 and more", 260},
		{"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", math.MaxInt},
	} {
		if got := ws.FrameSize([]byte(test.in)); got != test.want {
			t.Errorf("%x: got %d, want %d", test.in, got, test.want)
		}
	}
}

func TestFrameComplete(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		in := []byte(frame(fin|1, strings.Repeat("a", n)))
		if !ws.FrameComplete(in) || !ws.FrameComplete(append(bytes.Clone(in), "more"...)) {
			t.Errorf("%d bytes: the frame is not complete", n)
		}
		for _, short := range []int{0, 1, 2, 5, len(in) - 1} {
			if ws.FrameComplete(in[:short]) {
				t.Errorf("%d bytes: the frame is complete with %d of %d", n, short, len(in))
			}
		}
	}
	if ws.FrameComplete([]byte("\x81\x7e\x00\x01a")) {
		t.Error("a length that is not in its shortest form is complete")
	}
}

func TestAppendFrame(t *testing.T) {
	for _, test := range []struct {
		op      ws.Opcode
		payload string
		want    string
	}{
		{ws.OpText, "Hello", "\x81\x05Hello"},
		{ws.OpBinary, "", "\x82\x00"},
		{ws.OpPong, "x", "\x8a\x01x"},
		{ws.OpText, nul(125), "\x81\x7d" + nul(125)},
		{ws.OpText, nul(126), "\x81\x7e\x00\x7e" + nul(126)},
		{ws.OpText, nul(65535), "\x81\x7e\xff\xff" + nul(65535)},
		{ws.OpBinary, nul(65536), "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + nul(65536)},
	} {
		got := ws.AppendFrame([]byte("before"), test.op, []byte(test.payload))
		if string(got) != "before"+test.want {
			t.Errorf("opcode %d: got %q, want %q behind before", test.op, got, test.want)
		}
	}
}

func TestAppendFrameDoesNotAllocate(t *testing.T) {
	dst, payload := make([]byte, 0, 8192), make([]byte, 4096)
	if n := testing.AllocsPerRun(100, func() { ws.AppendFrame(dst, ws.OpText, payload) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// closeCode returns the code of a *CloseError that is err or below it; 0 of no error, -1 of any
// other.
func closeCode(err error) int {
	var e *ws.CloseError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Code
	}
	return -1
}
