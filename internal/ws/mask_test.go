package ws_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestMaskEqualsTheNaiveLoop(t *testing.T) {
	const guard = 16
	key := [4]byte{0x11, 0xa2, 0x3c, 0xff}
	for offset := range 16 {
		for n := range 300 {
			got := make([]byte, offset+n+guard)
			for i := range got {
				got[i] = byte(i * 7)
			}
			want := bytes.Clone(got)
			for i := range n {
				want[offset+i] ^= key[i%4]
			}
			ascii := ws.Mask(got[offset:offset+n], key)
			if !bytes.Equal(got, want) {
				t.Fatalf("offset %d, length %d: got %x, want %x", offset, n, got, want)
			}
			if want := isASCII(want[offset : offset+n]); ascii != want {
				t.Fatalf("offset %d, length %d: ASCII is %v", offset, n, ascii)
			}
		}
	}
}

func TestMaskTwiceRestores(t *testing.T) {
	want := bytes.Repeat([]byte("abcdefg"), 100)
	got := bytes.Clone(want)
	ws.Mask(got, [4]byte{1, 2, 3, 4})
	if bytes.Equal(got, want) {
		t.Error("masking changed nothing")
	}
	ws.Mask(got, [4]byte{1, 2, 3, 4})
	if !bytes.Equal(got, want) {
		t.Error("masking twice is not the identity")
	}
}

func TestMaskReportsNonASCII(t *testing.T) {
	for n := range 200 {
		for i := -1; i < n; i++ {
			b := bytes.Repeat([]byte("a"), n)
			if i >= 0 {
				b[i] = 0x80
			}
			ws.Mask(b, [4]byte{1, 2, 3, 0xf4})
			if got, want := ws.Mask(b, [4]byte{1, 2, 3, 0xf4}), i < 0; got != want {
				t.Errorf("byte %d of %d: ASCII is %v", i, n, got)
			}
		}
	}
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= 0x80 })
}
