package ws_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A generator makes conversations: first a valid one, into which it then puts errors. It keeps its
// compressors, because making one is slow.
type generator struct {
	compressors map[int]*flate.Writer // by level

	*rand.Rand // of the conversation, as what follows
	c          exchange
	frames     []piece
}

// A piece is a frame before it is written.
type piece struct {
	first   byte
	payload string
	plain   bool // not masked
	form    int  // bits of the length: 0 for the shortest form, 16 or 64
}

// generate returns the same conversation for the same seed and number.
func (g *generator) generate(seed, number uint64) *exchange {
	*g = generator{compressors: g.compressors, Rand: rand.New(rand.NewPCG(seed, number))}
	limit := pick(g, 300, 1024, 1024, 1024, 1024, 1024, 1024, 70000)
	g.c.config = ws.Config{MaxFrame: pick(g, 0, limit), MaxMessage: limit, Client: g.oneIn(8)}
	g.c.inflate = !g.c.config.Client && g.oneIn(2)
	for range 1 + g.IntN(5) {
		g.message()
	}
	if g.oneIn(2) {
		g.add(fin|8, g.closing())
	}
	for g.oneIn(2) {
		g.disturb()
	}
	for i := range g.frames {
		g.c.in += g.write(&g.frames[i])
	}
	if g.oneIn(4) {
		g.damage()
	}
	c := g.c
	return &c
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *generator) add(first byte, payload string) {
	g.frames = append(g.frames, piece{first: first, payload: payload, plain: g.c.config.Client})
}

// message adds a data message, in fragments perhaps, or a control frame.
func (g *generator) message() {
	switch first := pick[byte](g, 1, 1, 1, 2, 2, 9, 10); {
	case first > 2:
		g.add(fin|first, g.bytes(g.IntN(126)))
	case g.c.inflate && g.oneIn(2):
		g.fragments(first|rsv1, g.deflate(g.data(first)))
	default:
		g.fragments(first, g.data(first))
	}
}

func (g *generator) fragments(first byte, payload string) {
	for g.oneIn(3) {
		n := g.IntN(len(payload) + 1)
		g.add(first, payload[:n])
		first, payload = 0, payload[n:]
	}
	g.add(fin|first, payload)
}

// data returns the payload of a message, which is UTF-8 for a text.
func (g *generator) data(op byte) string {
	limit := g.c.config.MaxMessage
	n := pick(g, 0, 1, g.IntN(20), g.IntN(20), g.IntN(200), 125, 126, 127, g.IntN(limit), limit)
	switch {
	case g.oneIn(50):
		n = limit + 1
	case limit > 1<<16 && g.oneIn(20):
		n = pick(g, 1<<16-1, 1<<16)
	}
	if op == 1 {
		return g.text(n)
	}
	return g.bytes(n)
}

func (g *generator) bytes(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return string(b)
}

// text returns n bytes of UTF-8, one time in ten with a mistake.
func (g *generator) text(n int) string {
	b := make([]byte, 0, n)
	for len(b) < n {
		c := pick(g, "a", "b", "hello, ", "é", "€", "\ufffd", "😀", "\U0010ffff")
		if len(b)+len(c) > n {
			c = "x"
		}
		b = append(b, c...)
	}
	if n > 0 && g.oneIn(10) {
		b[g.IntN(n)] = pick[byte](g, 0x80, 0xbf, 0xc0, 0xe0, 0xed, 0xf4, 0xff)
	}
	return string(b)
}

// deflate compresses s in one of the ways that RFC 7692 section 7.2.3 allows, and sometimes damages
// the result.
func (g *generator) deflate(s string) string {
	var out bytes.Buffer
	level := pick(g, flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.HuffmanOnly)
	w := g.compressor(level)
	w.Reset(&out)
	_, _ = w.Write([]byte(s))
	if g.oneIn(4) {
		_ = w.Close()
		out.WriteByte(0)
	} else {
		_ = w.Flush()
		out.Truncate(out.Len() - 4)
	}
	b := out.Bytes()
	switch g.IntN(12) {
	case 0:
		b[g.IntN(len(b))] ^= 1 << g.IntN(8)
	case 1:
		b = b[:g.IntN(len(b))]
	case 2:
		b = append(b, g.bytes(1+g.IntN(9))...)
	}
	return string(b)
}

func (g *generator) compressor(level int) *flate.Writer {
	if g.compressors[level] == nil {
		g.compressors[level], _ = flate.NewWriter(nil, level) // the level is valid
	}
	return g.compressors[level]
}

// closing returns the payload of a close frame.
func (g *generator) closing() string {
	if g.oneIn(4) {
		return pick(g, "", "", "\x03")
	}
	code := pick(g, 1000, 1001, 1014, 999+g.IntN(20), 2990+g.IntN(20), 4990+g.IntN(20), g.IntN(1<<16))
	return string(binary.BigEndian.AppendUint16(nil, uint16(code))) + g.text(g.IntN(124))
}

// disturb changes the order of frames, or one of them.
func (g *generator) disturb() {
	i, j := g.IntN(len(g.frames)), g.IntN(len(g.frames))
	f := &g.frames[i]
	switch g.IntN(10) {
	case 0:
		g.frames[i], g.frames[j] = g.frames[j], g.frames[i]
	case 1:
		g.frames = slices.Insert(g.frames, i, g.frames[j])
	case 2:
		f.first ^= 1 << g.IntN(8)
	case 3:
		f.plain = !f.plain
	case 4:
		f.form = pick(g, 16, 64)
		if g.oneIn(2) { // the longest payload that has a shorter form
			f.payload = g.bytes(map[int]int{16: 125, 64: 1<<16 - 1}[f.form])
		}
	default:
		c := piece{pick[byte](g, fin|9, fin|9, fin|10), g.bytes(g.IntN(126)), g.c.config.Client, 0}
		if g.oneIn(5) {
			c.payload = g.bytes(126 + g.IntN(200))
		}
		g.frames = slices.Insert(g.frames, i, c)
	}
}

func (g *generator) write(f *piece) string {
	n, second := len(f.payload), byte(0x80)
	if f.plain {
		second = 0
	}
	header := string([]byte{f.first}) + length(second, n)
	switch {
	case f.form == 64:
		header = string(binary.BigEndian.AppendUint64([]byte{f.first, second | 127}, uint64(n)))
	case f.form == 16 && n <= 0xffff:
		header = string(binary.BigEndian.AppendUint16([]byte{f.first, second | 126}, uint16(n)))
	}
	if f.plain {
		return header + f.payload
	}
	key := g.bytes(4)
	return header + key + unmask(f.payload, key)
}

// damage cuts the stream short, or changes a bit of it, in a header more often than not.
func (g *generator) damage() {
	if g.c.in == "" {
		return
	}
	b := []byte(g.c.in)
	at := g.IntN(len(b))
	if g.oneIn(3) {
		g.c.in = g.c.in[:at]
		return
	}
	if !g.oneIn(4) {
		at = g.header()
	}
	b[at] ^= 1 << g.IntN(8)
	g.c.in = string(b)
}

// header returns the place of a byte in a header.
func (g *generator) header() int {
	places := []int{0}
	for _, f := range wires(g.c.in) {
		places = append(places, f.at, f.at+1)
		if f.length > 125 {
			places = append(places, f.at+2)
		}
	}
	return pick(g, places...)
}
