package ws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

var benchSizes = []int{32, 512, 4096}

func BenchmarkNext(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			config := &ws.Config{MaxFrame: 32 << 10, MaxMessage: 128 << 10, TextOnly: true}
			r := &ws.Reader{Config: config}
			// With the key 0 the frame stays as it is.
			in := []byte(strings.Repeat("a", n))
			in = append(ws.AppendHeader(nil, ws.Header{
				Fin: true, Opcode: ws.OpText, Masked: true, Length: int64(n),
			}), in...)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				if m, _, err := r.Next(in); m.Op == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNextCompressed(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := &ws.Reader{Config: &ws.Config{Client: true}, Inflate: true}
			in := ws.AppendCompressed(nil, ws.OpText, []byte(strings.Repeat("tyg ", n/4)))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				if m, _, err := r.Next(in); m.Op == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMask(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data := make([]byte, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				ws.Mask(data, [4]byte{1, 2, 3, 4})
			}
		})
	}
}

func BenchmarkValidText(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data := []byte(strings.Repeat("a", n))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				ws.ValidText(data)
			}
		})
	}
}

func BenchmarkFrameComplete(b *testing.B) {
	in := ws.AppendFrame(nil, ws.OpText, make([]byte, 512))
	b.ReportAllocs()
	for b.Loop() {
		ws.FrameComplete(in)
	}
}

func BenchmarkAppendFrame(b *testing.B) {
	benchmarkAppend(b, ws.AppendFrame)
}

func BenchmarkAppendCompressed(b *testing.B) {
	benchmarkAppend(b, ws.AppendCompressed)
}

func benchmarkAppend(b *testing.B, appendTo func([]byte, ws.Opcode, []byte) []byte) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dst, payload := make([]byte, 0, 2*n+64), []byte(strings.Repeat("tyg ", n/4))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				appendTo(dst, ws.OpText, payload)
			}
		})
	}
}
