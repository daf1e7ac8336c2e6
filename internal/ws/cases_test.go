package ws_test

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// First bytes of frames, as RFC 6455 section 5.2 draws them. Without an opcode they continue.
const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

// frame builds a frame of a client as the RFC describes it, without code of the package.
func frame(first byte, payload string) string {
	key := "\x37\xfa\x21\x3d"
	masked := []byte(payload)
	for i := range masked {
		masked[i] ^= key[i%4]
	}
	return string([]byte{first}) + length(0x80, len(payload)) + key + string(masked)
}

// plain builds a frame of a server.
func plain(first byte, payload string) string {
	return string([]byte{first}) + length(0, len(payload)) + payload
}

func length(mask byte, n int) string {
	switch {
	case n < 126:
		return string([]byte{mask | byte(n)})
	case n < 65536:
		return string(binary.BigEndian.AppendUint16([]byte{mask | 126}, uint16(n)))
	default:
		return string(binary.BigEndian.AppendUint64([]byte{mask | 127}, uint64(n)))
	}
}

// An exchange is input of a Reader and the messages that it must return.
type exchange struct {
	name    string
	config  ws.Config
	inflate bool
	in      string
	want    []string // messages, as show writes them
	code    int      // the code to close the peer with in the end; 0 if it is not closed
}

func show(op ws.Opcode, data string) string { return fmt.Sprintf("%d %s", op, data) }

func text(s string) string { return show(ws.OpText, s) }

var frameCases = []exchange{
	{name: "nothing"},
	{name: "text", in: frame(fin|1, "Hello"), want: []string{text("Hello")}},
	{name: "binary", in: frame(fin|2, "\x00\xff"), want: []string{show(ws.OpBinary, "\x00\xff")}},
	{name: "empty text", in: frame(fin|1, ""), want: []string{text("")}},
	{name: "empty binary", in: frame(fin|2, ""), want: []string{show(ws.OpBinary, "")}},
	{name: "close", in: frame(fin|8, "\x03\xe8x"), want: []string{show(ws.OpClose, "\x03\xe8x")}},
	{name: "empty close", in: frame(fin|8, ""), want: []string{show(ws.OpClose, "")}},
	{name: "ping", in: frame(fin|9, "p"), want: []string{show(ws.OpPing, "p")}},
	{name: "pong", in: frame(fin|10, "p"), want: []string{show(ws.OpPong, "p")}},
	{name: "ping is not text", in: frame(fin|9, "\xff"), want: []string{show(ws.OpPing, "\xff")}},
	{
		name: "several",
		in:   frame(fin|1, "a") + frame(fin|9, "p") + frame(fin|2, "b") + frame(fin|1, "c"),
		want: []string{text("a"), show(ws.OpPing, "p"), show(ws.OpBinary, "b"), text("c")},
	},
	{
		name: "half a frame", in: frame(fin|1, "a") + frame(fin|1, "bc")[:7],
		want: []string{text("a")},
	},

	{name: "opcode 3", in: frame(fin|3, ""), code: 1002},
	{name: "opcode 4", in: frame(fin|4, ""), code: 1002},
	{name: "opcode 5", in: frame(fin|5, ""), code: 1002},
	{name: "opcode 6", in: frame(fin|6, ""), code: 1002},
	{name: "opcode 7", in: frame(fin|7, ""), code: 1002},
	{name: "opcode 11", in: frame(fin|11, ""), code: 1002},
	{name: "opcode 12", in: frame(fin|12, ""), code: 1002},
	{name: "opcode 13", in: frame(fin|13, ""), code: 1002},
	{name: "opcode 14", in: frame(fin|14, ""), code: 1002},
	{name: "opcode 15", in: frame(fin|15, ""), code: 1002},

	{name: "RSV1 without extension", in: frame(fin|rsv1|1, ""), code: 1002},
	{name: "RSV2", in: frame(fin|rsv2|1, ""), code: 1002},
	{name: "RSV3", in: frame(fin|rsv3|1, ""), code: 1002},
	{name: "RSV2 with deflate", inflate: true, in: frame(fin|rsv1|rsv2|1, "\x00"), code: 1002},
	{name: "RSV3 with deflate", inflate: true, in: frame(fin|rsv3|1, "a"), code: 1002},
	{name: "RSV1 on ping", inflate: true, in: frame(fin|rsv1|9, ""), code: 1002},
	{name: "RSV1 on close", inflate: true, in: frame(fin|rsv1|8, ""), code: 1002},
	{
		name: "good, then bad", in: frame(fin|1, "a") + frame(fin|3, "") + frame(fin|1, "b"),
		want: []string{text("a")}, code: 1002,
	},

	{name: "not masked", in: plain(fin|1, "Hello"), code: 1002},
	{name: "not masked and empty", in: plain(fin|9, ""), code: 1002},
	{
		name: "of a server", config: ws.Config{Client: true}, in: plain(fin|1, "Hello"),
		want: []string{text("Hello")},
	},
	{
		name: "of a server, masked", config: ws.Config{Client: true}, in: frame(fin|1, "Hello"),
		code: 1002,
	},

	{name: "length 125 in 16 bits", in: "\x81\xfe\x00\x7d\x00\x00\x00\x00" + nul(125), code: 1002},
	{name: "length 0 in 64 bits", in: "\x81\xff" + nul(8+4), code: 1002},
	{name: "length with the top bit", in: "\x81\xff\x80" + nul(7+4), code: 1002},

	{name: "text of 125", in: frame(fin|1, nul(125)), want: []string{text(nul(125))}},
	{name: "text of 126", in: frame(fin|1, nul(126)), want: []string{text(nul(126))}},
	{name: "text of 65535", in: frame(fin|1, nul(65535)), want: []string{text(nul(65535))}},
	{name: "text of 65536", in: frame(fin|1, nul(65536)), want: []string{text(nul(65536))}},

	{name: "ping of 125", in: frame(fin|9, nul(125)), want: []string{show(ws.OpPing, nul(125))}},
	{name: "ping of 126", in: frame(fin|9, nul(126)), code: 1002},
	{name: "close of 126", in: frame(fin|8, nul(126)), code: 1002},
	{name: "ping of 64 KB", in: frame(fin|9, nul(65536)), code: 1002},
	{name: "ping in fragments", in: frame(9, ""), code: 1002},
	{name: "close in fragments", in: frame(8, "") + frame(fin, ""), code: 1002},
}

var fragmentCases = []exchange{
	{name: "two", in: frame(1, "Hel") + frame(fin, "lo"), want: []string{text("Hello")}},
	{
		name: "many", in: frame(2, "a") + frame(0, "b") + frame(0, "c") + frame(fin, "d"),
		want: []string{show(ws.OpBinary, "abcd")},
	},
	{
		name: "empty ones", in: frame(1, "") + frame(0, "") + frame(fin, ""),
		want: []string{text("")},
	},
	{name: "empty end", in: frame(1, "ab") + frame(fin, ""), want: []string{text("ab")}},
	{name: "no end", in: frame(1, "a") + frame(0, "b")},
	{
		name: "ping between",
		in:   frame(1, "Hel") + frame(fin|9, "p") + frame(fin|10, "q") + frame(fin, "lo"),
		want: []string{show(ws.OpPing, "p"), show(ws.OpPong, "q"), text("Hello")},
	},
	{
		name: "close between", in: frame(1, "Hel") + frame(fin|8, ""),
		want: []string{show(ws.OpClose, "")},
	},
	{
		name: "two messages",
		in:   frame(1, "a") + frame(fin, "b") + frame(2, "c") + frame(fin, "d") + frame(fin|1, "e"),
		want: []string{text("ab"), show(ws.OpBinary, "cd"), text("e")},
	},
	{name: "continuation of nothing", in: frame(fin, "a"), code: 1002},
	{name: "open continuation of nothing", in: frame(0, "a"), code: 1002},
	{
		name: "continuation after the end", in: frame(1, "a") + frame(fin, "b") + frame(fin, "c"),
		want: []string{text("ab")}, code: 1002,
	},
	{
		name: "continuation after a whole", in: frame(fin|1, "a") + frame(fin, "b"),
		want: []string{text("a")}, code: 1002,
	},
	{name: "text inside text", in: frame(1, "a") + frame(fin|1, "b"), code: 1002},
	{name: "binary inside text", in: frame(1, "a") + frame(2, "b"), code: 1002},
	{
		name: "bad ping between", in: frame(1, "a") + frame(9, "") + frame(fin, "b"), code: 1002,
	},
	{
		name: "RSV1 on a continuation", inflate: true,
		in: frame(1, "a") + frame(fin|rsv1, "b"), code: 1002,
	},
	{
		name: "RSV1 on both", inflate: true,
		in: frame(rsv1|1, "\xf2\x48\xcd") + frame(fin|rsv1, "\xc9\xc9\x07\x00"), code: 1002,
	},
}

var limitCases = []exchange{
	{
		name: "frame at", config: ws.Config{MaxFrame: 5}, in: frame(fin|1, "Hello"),
		want: []string{text("Hello")},
	},
	{name: "frame over", config: ws.Config{MaxFrame: 4}, in: frame(fin|1, "Hello"), code: 1009},
	{
		name: "each frame at", config: ws.Config{MaxFrame: 2},
		in: frame(1, "ab") + frame(0, "cd") + frame(fin, "e"), want: []string{text("abcde")},
	},
	{
		name: "second over", config: ws.Config{MaxFrame: 2}, in: frame(1, "ab") + frame(0, "cde"),
		code: 1009,
	},
	{
		name:   "control frames are exempt",
		config: ws.Config{MaxFrame: 1, MaxMessage: 1, MaxFragments: 1},
		in:     frame(fin|9, "ping") + frame(fin|1, "a"),
		want:   []string{show(ws.OpPing, "ping"), text("a")},
	},
	{
		name: "message at", config: ws.Config{MaxMessage: 5}, in: frame(fin|1, "Hello"),
		want: []string{text("Hello")},
	},
	{name: "message over", config: ws.Config{MaxMessage: 4}, in: frame(fin|1, "Hello"), code: 1009},
	{
		name: "frame over, message not", config: ws.Config{MaxFrame: 4, MaxMessage: 9},
		in: frame(fin|1, "Hello"), code: 1009,
	},
	{
		name: "message over, frame not", config: ws.Config{MaxFrame: 9, MaxMessage: 4},
		in: frame(fin|1, "Hello"), code: 1009,
	},
	{
		name: "fragments at", config: ws.Config{MaxMessage: 5},
		in: frame(1, "Hel") + frame(0, "") + frame(fin, "lo"), want: []string{text("Hello")},
	},
	{
		name: "fragments over", config: ws.Config{MaxMessage: 4},
		in: frame(1, "Hel") + frame(fin, "lo"), code: 1009,
	},
	{
		name: "message at, again", config: ws.Config{MaxMessage: 2},
		in:   frame(1, "a") + frame(fin, "b") + frame(fin|1, "cd"),
		want: []string{text("ab"), text("cd")},
	},
	{
		name: "huge", config: ws.Config{MaxMessage: 1},
		in: "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + nul(4), code: 1009,
	},
	{
		name: "huge continuation", config: ws.Config{MaxMessage: 10},
		in: frame(1, "a") + "\x80\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + nul(4), code: 1009,
	},
	{
		name: "fragment count at", config: ws.Config{MaxFragments: 3},
		in: frame(1, "a") + frame(0, "b") + frame(fin, "c"), want: []string{text("abc")},
	},
	{
		name: "fragment count over", config: ws.Config{MaxFragments: 2},
		in: frame(1, "a") + frame(0, "b") + frame(fin, "c"), code: 1008,
	},
	{
		name: "fragment count begins anew", config: ws.Config{MaxFragments: 2},
		in:   frame(1, "a") + frame(fin, "b") + frame(1, "c") + frame(fin, "d"),
		want: []string{text("ab"), text("cd")},
	},
	{
		name: "control frames are not counted", config: ws.Config{MaxFragments: 2},
		in:   frame(1, "a") + frame(fin|9, "") + frame(fin|9, "") + frame(fin, "b"),
		want: []string{show(ws.OpPing, ""), show(ws.OpPing, ""), text("ab")},
	},
	{
		name: "text only", config: ws.Config{TextOnly: true}, in: frame(fin|1, "a"),
		want: []string{text("a")},
	},
	{name: "binary", config: ws.Config{TextOnly: true}, in: frame(fin|2, "a"), code: 1003},
	{name: "binary fragment", config: ws.Config{TextOnly: true}, in: frame(2, "a"), code: 1003},
}

// RFC 7692 section 7.2.3, and what may go wrong. Raw deflate: RFC 1951.
var deflateCases = []exchange{
	{name: "one block", in: frame(fin|rsv1|1, hello), want: []string{text("Hello")}},
	{name: "binary", in: frame(fin|rsv1|2, hello), want: []string{show(ws.OpBinary, "Hello")}},
	{
		name: "fragments", in: frame(rsv1|1, hello[:3]) + frame(fin, hello[3:]),
		want: []string{text("Hello")},
	},
	{
		name: "a ping between fragments",
		in:   frame(rsv1|1, hello[:3]) + frame(fin|9, "p") + frame(fin, hello[3:]),
		want: []string{show(ws.OpPing, "p"), text("Hello")},
	},
	{
		name: "stored block", in: frame(fin|rsv1|1, "\x00\x05\x00\xfa\xffHello\x00"),
		want: []string{text("Hello")},
	},
	{
		name: "last block", in: frame(fin|rsv1|1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
		want: []string{text("Hello")},
	},
	{
		name: "two blocks",
		in:   frame(fin|rsv1|1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
		want: []string{text("Hello")},
	},
	{name: "empty", in: frame(fin|rsv1|1, "\x00"), want: []string{text("")}},
	{
		name: "with and without",
		in:   frame(fin|rsv1|1, hello) + frame(fin|1, "b") + frame(fin|rsv1|1, hello),
		want: []string{text("Hello"), text("b"), text("Hello")},
	},
	{
		name: "the bit does not outlive the message",
		in:   frame(rsv1|1, hello[:3]) + frame(fin, hello[3:]) + frame(1, "a") + frame(fin, "b"),
		want: []string{text("Hello"), text("ab")},
	},

	{name: "no bytes", in: frame(fin|rsv1|1, ""), code: 1007},
	{name: "reserved block type", in: frame(fin|rsv1|1, "\x06"), code: 1007},
	{name: "cut short", in: frame(fin|rsv1|1, hello[:3]), code: 1007},
	{
		name: "stored block cut short", in: frame(fin|rsv1|1, "\x00\x20\x00\xdf\xffHello"),
		code: 1007,
	},
	{
		name: "last block and no more", in: frame(fin|rsv1|1, "\xf3\x48\xcd\xc9\xc9\x07\x00"),
		code: 1007,
	},
	{name: "garbage behind", in: frame(fin|rsv1|1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x01"), code: 1007},
	{
		name: "more behind", in: frame(fin|rsv1|1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00\x00"),
		code: 1007,
	},
	{name: "tail not cut off", in: frame(fin|rsv1|1, hello+"\x00\xff\xff"), code: 1007},
	// The second message of RFC 7692 section 7.2.3.2 looks back into the first.
	{
		name: "context of the last message",
		in:   frame(fin|rsv1|1, hello) + frame(fin|rsv1|1, "\xf2\x00\x11\x00\x00"),
		want: []string{text("Hello")}, code: 1007,
	},
	{name: "text that is not", in: frame(fin|rsv1|1, deflate("\xff\xfe")), code: 1007},
	{
		name: "binary is not text", in: frame(fin|rsv1|2, deflate("\xff")),
		want: []string{show(ws.OpBinary, "\xff")},
	},

	{
		name: "at the limit", config: ws.Config{MaxMessage: 4096},
		in: frame(fin|rsv1|1, deflate(nul(4096))), want: []string{text(nul(4096))},
	},
	{
		name: "over the limit", config: ws.Config{MaxMessage: 4095},
		in: frame(fin|rsv1|1, deflate(nul(4096))), code: 1009,
	},
	{
		name: "bomb", config: ws.Config{MaxMessage: 1 << 13},
		in: frame(fin|rsv1|1, deflate(nul(1<<22))), code: 1009,
	},
	{
		name: "bomb in fragments", config: ws.Config{MaxMessage: 1 << 13},
		in:   frame(rsv1|1, deflate(nul(1 << 22))[:9]) + frame(fin, deflate(nul(1 << 22))[9:]),
		code: 1009,
	},
	// 64 bytes and an eighth over the limit may be overhead; 1 more may not.
	{
		name: "overhead at", config: ws.Config{MaxMessage: 80},
		in:   frame(fin|rsv1|1, strings.Repeat("\x00\x00\x00\xff\xff", 30)+hello[:4]),
		code: 1007,
	},
	{
		name: "overhead over", config: ws.Config{MaxMessage: 80},
		in:   frame(fin|rsv1|1, strings.Repeat("\x00\x00\x00\xff\xff", 30)+hello[:5]),
		code: 1009,
	},
	{
		name: "stored at the limit", config: ws.Config{MaxMessage: 80},
		in:   frame(fin|rsv1|1, "\x00\x50\x00\xaf\xff"+nul(80)+"\x00"),
		want: []string{text(nul(80))},
	},
	{name: "frame over", config: ws.Config{MaxFrame: 6}, in: frame(fin|rsv1|1, hello), code: 1009},
}

// RFC 7692 section 7.2.3.1: "Hello".
const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"

// deflate compresses s as the payload of a message.
func deflate(s string) string {
	f := ws.AppendCompressed(nil, ws.OpText, []byte(s))
	_, n, _ := ws.ParseHeader(f)
	return string(f[n:])
}

func nul(n int) string { return strings.Repeat("\x00", n) }
