package ws_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/tyg-dev/tyg/internal/ws"
)

// drive feeds in to r, chunk bytes at a time, as a connection does, and returns the messages as
// show writes them.
func drive(t *testing.T, r *ws.Reader, in string, chunk int) (messages []string, err error) {
	t.Helper()
	return driveBy(t, r.Next, in, chunk)
}

// driveBy is drive for a reader's Next, or NextSlow.
func driveBy(
	t *testing.T, next func([]byte) (ws.Message, int, error), in string, chunk int,
) (messages []string, err error) {
	t.Helper()
	var b []byte
	for piece := range slices.Chunk([]byte(in), chunk) {
		b = append(b, piece...)
		for {
			m, n, err := next(b)
			if n < 0 || n > len(b) {
				t.Fatalf("Next used %d of %d bytes", n, len(b))
			}
			if err != nil && m.Op != 0 {
				t.Fatalf("Next returned both %v and a message", err)
			}
			b = b[n:]
			if err != nil {
				return messages, err
			}
			if m.Op == 0 {
				break
			}
			messages = append(messages, show(m.Op, string(m.Data)))
		}
	}
	return messages, nil
}

func TestExchanges(t *testing.T) {
	for group, cases := range map[string][]exchange{
		"frames": frameCases, "fragments": fragmentCases, "limits": limitCases,
		"deflate": inflating(deflateCases), "utf8": textCases(),
	} {
		for _, test := range cases {
			t.Run(group+"/"+test.name, func(t *testing.T) { testExchange(t, test) })
		}
	}
}

func inflating(cases []exchange) []exchange {
	cases = slices.Clone(cases)
	for i := range cases {
		cases[i].inflate = true
	}
	return cases
}

func testExchange(t *testing.T, test exchange) {
	for _, chunk := range []int{1, 2, 3, 7, 1000, 1 << 20} {
		if len(test.in) > 1<<14 && chunk < 1000 && chunk > 1 {
			continue
		}
		for name, next := range map[string]func(*ws.Reader, []byte) (ws.Message, int, error){
			"Next": (*ws.Reader).Next, "NextSlow": (*ws.Reader).NextSlow,
		} {
			r := &ws.Reader{Config: &test.config, Inflate: test.inflate}
			nextOfR := func(b []byte) (ws.Message, int, error) { return next(r, b) }
			got, err := driveBy(t, nextOfR, test.in, chunk)
			if !slices.Equal(got, test.want) || closeCode(err) != test.code {
				t.Errorf("%s, %d bytes at a time: got %.200q, %v; want %.200q, code %d",
					name, chunk, got, err, test.want, test.code)
			}
			r.Release()
		}
	}
}

// textCases splits texts at every byte into two fragments, and into three around each byte.
func textCases() (cases []exchange) {
	for s, valid := range map[string]bool{
		"κόσμε":                      true,
		"aé€😀\u0000\ufffd\U0010ffff": true,
		"\xc0\xaf":                   false, // overlong
		"\xe0\x80\xaf":               false, // overlong
		"a\xed\xa0\x80b":             false, // surrogate
		"\xf4\x90\x80\x80":           false, // beyond the last
		"ab\x80c":                    false, // lone continuation
		"a\xf0\x9f\x98":              false, // cut short
		"\xf0\x9f\x98a":              false,
		"aaaaaaaaaaaaaaaaaaaa\xff":   false,
	} {
		verdict := exchange{want: []string{text(s)}}
		if !valid {
			verdict = exchange{code: 1007}
		}
		whole := verdict
		whole.name, whole.in = fmt.Sprintf("%q", s), frame(fin|1, s)
		cases = append(cases, whole)
		for i := range len(s) {
			two, three := verdict, verdict
			two.name = fmt.Sprintf("%q at %d", s, i)
			two.in = frame(1, s[:i]) + frame(fin, s[i:])
			three.name = fmt.Sprintf("%q around %d", s, i)
			three.in = frame(1, s[:i]) + frame(0, s[i:i+1]) + frame(fin, s[i+1:])
			cases = append(cases, two, three)
		}
	}
	return cases
}

func TestErrorComesWithTheHeader(t *testing.T) {
	for _, test := range []struct {
		name   string
		config ws.Config
		before string
		header string
		code   int
	}{
		{"frame too big", ws.Config{MaxFrame: 100}, "", "\x81\xe5\x01\x02\x03\x04", 1009},
		{"message too big", ws.Config{MaxMessage: 100}, "", "\x81\xe5\x01\x02\x03\x04", 1009},
		{
			"sum too big",
			ws.Config{MaxMessage: 100},
			frame(1, nul(99)),
			"\x80\x82\x01\x02\x03\x04", 1009,
		},
		{"binary", ws.Config{TextOnly: true}, "", "\x82\xe5\x01\x02\x03\x04", 1003},
		{
			"too many fragments",
			ws.Config{MaxFragments: 1},
			frame(1, "a"),
			"\x80\x85\x01\x02\x03\x04", 1008,
		},
		{"reserved opcode", ws.Config{}, "", "\x83\xe5\x01\x02\x03\x04", 1002},
		{"not masked", ws.Config{}, "", "\x81\x65", 1002},
		{"long ping", ws.Config{}, "", "\x89\xfe\x01\x00\x01\x02\x03\x04", 1002},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &ws.Reader{Config: &test.config}
			defer r.Release()
			_, err := drive(t, r, test.before+test.header, 1<<20)
			if closeCode(err) != test.code {
				t.Errorf("got %v, want code %d", err, test.code)
			}
		})
	}
}

func TestIncompleteFrameIsNotChanged(t *testing.T) {
	r := &ws.Reader{Config: new(ws.Config)}
	in := []byte(frame(fin|1, "Hello"))
	part := bytes.Clone(in[:len(in)-1])
	for range 3 {
		m, n, err := r.Next(part)
		if m.Op != 0 || n != 0 || err != nil || !bytes.Equal(part, in[:len(in)-1]) {
			t.Fatalf("got %v, %d, %v and bytes %x", m, n, err, part)
		}
	}
}

func TestPartial(t *testing.T) {
	r := &ws.Reader{Config: new(ws.Config)}
	for i, step := range []struct {
		in   string
		want bool
	}{
		{"", false},
		{frame(fin|1, "a"), false},
		{frame(1, ""), true},
		{frame(fin|9, "p"), true},
		{frame(0, "b"), true},
		{frame(fin, "c"), false},
		{frame(1, "d"), true},
	} {
		if _, err := drive(t, r, step.in, 1<<20); err != nil {
			t.Fatal(err)
		}
		if got := r.Partial(); got != step.want {
			t.Errorf("step %d: got %v, want %v", i, got, step.want)
		}
	}
	r.Release()
	r.Release()
	if r.Partial() {
		t.Error("a message is partial after Release")
	}
	if got, err := drive(t, r, frame(fin|1, "e"), 1<<20); err != nil || got[0] != text("e") {
		t.Errorf("after Release: got %q, %v", got, err)
	}
}

func TestDataCannotReachTheNextFrame(t *testing.T) {
	r := &ws.Reader{Config: new(ws.Config)}
	b := []byte(frame(fin|1, "a") + frame(fin|1, "b"))
	m, n, err := r.Next(b)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(m.Data, 'x')
	if m, _, err = r.Next(b[n:]); err != nil || string(m.Data) != "b" {
		t.Errorf("got %q, %v; want b", m.Data, err)
	}
}

func TestBombAllocatesNoMemory(t *testing.T) {
	const limit = 128 << 10
	bomb := []byte(frame(fin|rsv1|1, deflate(nul(32<<20))))
	r := &ws.Reader{Config: &ws.Config{MaxMessage: limit}, Inflate: true}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := r.Next(bomb)
	runtime.ReadMemStats(&after)
	r.Release()
	if closeCode(err) != ws.CloseMessageTooBig {
		t.Errorf("got %v, want 1009", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 8*limit {
		t.Errorf("allocated %d bytes for a limit of %d", n, limit)
	}
}

func TestFragmentsAreCopiedTwiceAtMost(t *testing.T) {
	const size, each = 4 << 20, 1 << 10
	for _, limit := range []int{0, size} {
		r := &ws.Reader{Config: &ws.Config{MaxMessage: limit}}
		first, next := frame(2, nul(each)), frame(0, nul(each))
		last := frame(fin, nul(each)) // of opcode 0, a continuation
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var got ws.Message
		for at := 0; at < size; at += each {
			in := next
			switch at {
			case 0:
				in = first
			case size - each:
				in = last
			}
			m, _, err := r.Next([]byte(in))
			if err != nil {
				t.Fatal(err)
			}
			got = m
		}
		runtime.ReadMemStats(&after)
		if len(got.Data) != size {
			t.Errorf("a message of %d bytes, want %d", len(got.Data), size)
		}
		if limit > 0 && cap(got.Data) > limit {
			t.Errorf("%d bytes are held for a limit of %d", cap(got.Data), limit)
		}
		// Each frame is also copied by this test.
		if n := after.TotalAlloc - before.TotalAlloc; n > 4*size {
			t.Errorf("limit %d: allocated %d bytes for a message of %d", limit, n, size)
		}
		r.Release()
	}
}

func TestReaderIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(ws.Reader{}); n > 64 {
		t.Errorf("a Reader takes %d bytes of each connection; want 64 or less", n)
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	config := &ws.Config{MaxFrame: 4096, MaxMessage: 8192, MaxFragments: 9, TextOnly: true}
	r := &ws.Reader{Config: config}
	in := []byte(frame(fin|1, strings.Repeat("a", 512)) + frame(fin|1, "zwölf Tassen") +
		frame(fin|9, "p"))
	b := make([]byte, len(in))
	got := testing.AllocsPerRun(100, func() {
		copy(b, in)
		rest, messages := b, 0
		for m, n, err := r.Next(rest); m.Op != 0 && err == nil; m, n, err = r.Next(rest) {
			rest = rest[n:]
			messages++
		}
		if len(rest) != 0 || messages != 3 {
			t.Fatalf("%d messages, %d bytes left; want 3 and 0", messages, len(rest))
		}
	})
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}
