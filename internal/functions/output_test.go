package functions_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/tyg-dev/tyg/internal/functions"
)

// A log collects lines.
type log struct {
	mu    sync.Mutex
	lines []functions.Line
}

func (l *log) add(line functions.Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) all() []functions.Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]functions.Line(nil), l.lines...)
}

// TestLinesBelongToTheirEvent: when Invoke returns, Output has got all lines that the function
// wrote before its reply, with the id of the event.
func TestLinesBelongToTheirEvent(t *testing.T) {
	var l log
	h := start(t, &functions.Host{Output: l.add}, self("orders"))
	for range 200 {
		_, res, err := do(t, h, order{Print: "one\ntwo\r\nno end"})
		if err != nil {
			t.Fatal(err)
		}
		lines := l.all()
		if len(lines) < 3 {
			t.Fatalf("%d lines when Invoke returned", len(lines))
		}
		for i, want := range []string{"one", "two", "no end"} {
			got := lines[len(lines)-3+i]
			if got.Text != want || got.RequestID != res.RequestID || got.Stream != functions.Stdout ||
				got.Late || got.Function != "f" {
				t.Fatalf("line %d is %+v, want %q of event %s", i, got, want, res.RequestID)
			}
		}
	}
}

func TestLongLinesComeInPieces(t *testing.T) {
	var l log
	h := start(t, &functions.Host{Output: l.add}, self("orders"))
	text := strings.Repeat("0123456789", 20_000)
	mustDo(t, h, order{Print: text + "\nnext\n"})
	var got strings.Builder
	for _, line := range l.all() {
		if len(line.Text) > 128<<10 {
			t.Errorf("a line of %d bytes", len(line.Text))
		}
		got.WriteString(line.Text)
	}
	if got.String() != text+"next" {
		t.Errorf("%d bytes came, %d were written", got.Len(), len(text)+4)
	}
}

// TestCutsBetweenCharacters writes what does not fit into a line, or into the end of a log, in
// pieces that divide characters.
func TestCutsBetweenCharacters(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("€", 70_000), strings.Repeat("x€", 52_000), strings.Repeat("𝄞", 52_000),
		"é" + strings.Repeat("𝄞", 52_000),
	} {
		var l log
		h := start(t, &functions.Host{Output: l.add}, self("orders"))
		payload, _ := json.Marshal(order{Print: text + "\n"})
		inv := functions.Invocation{Function: "f", Payload: payload, Tail: true}
		res, err := h.Invoke(t.Context(), inv)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, line := range l.all() {
			if !utf8.ValidString(line.Text) {
				t.Errorf("a piece of %d bytes begins or ends within a character", len(line.Text))
			}
			got.WriteString(line.Text)
		}
		if got.String() != text {
			t.Errorf("%d bytes came, %d were written", got.Len(), len(text))
		}
		if !utf8.Valid(res.Log) || len(res.Log) < 4<<10-utf8.UTFMax {
			t.Errorf("the end of the log has %d bytes, valid: %t", len(res.Log), utf8.Valid(res.Log))
		}
	}
}

// TestPiecesOfBytesThatAreNoText loses none of them.
func TestPiecesOfBytesThatAreNoText(t *testing.T) {
	text := strings.Repeat("\xbf", 200_000)
	got := functions.CutLines([]byte(text), 7_777)
	if strings.Join(got, "") != text || len(got) != 4 {
		t.Errorf("%d pieces, %d bytes came, %d were written",
			len(got), len(strings.Join(got, "")), len(text))
	}
}

func TestCarriageReturnsEndLines(t *testing.T) {
	const text = "Error: no\r    at f (a.js:1)\r\nnext\r\n\r\n1%\r2%\r\rend\r"
	want := []string{"Error: no", "    at f (a.js:1)", "next", "", "1%", "2%", "", "end"}
	for size := 1; size <= len(text); size++ {
		if got := functions.CutLines([]byte(text), size); !slices.Equal(got, want) {
			t.Errorf("in pieces of %d bytes: %q, want %q", size, got, want)
		}
	}
}

func TestReportLines(t *testing.T) {
	var l log
	h := start(t, &functions.Host{Output: l.add, Reports: true}, self("orders"))
	_, res, err := do(t, h, order{Print: "hello\n"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`^START RequestId: ID Version: \$LATEST$`,
		`^hello$`,
		`^END RequestId: ID$`,
		`^REPORT RequestId: ID\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t` +
			`(Max Memory Used: \d+ MB\t)?Init Duration: \d+\.\d\d ms\t$`,
	}
	lines := l.all()
	if len(lines) != len(want) {
		t.Fatalf("%d lines: %+v", len(lines), lines)
	}
	for i, line := range lines {
		re := regexp.MustCompile(strings.ReplaceAll(want[i], "ID", res.RequestID))
		if !re.MatchString(line.Text) {
			t.Errorf("line %d is %q, want %s", i, line.Text, re)
		}
	}
	mustDo(t, h, order{})
	if last := l.all()[6].Text; strings.Contains(last, "Init Duration") {
		t.Errorf("the second event has an Init Duration: %q", last)
	}
}

func TestTailReturnsEndOfLog(t *testing.T) {
	h := start(t, &functions.Host{}, self("orders"))
	payload, _ := json.Marshal(order{Print: strings.Repeat("a line\n", 1000) + "the last\n"})
	inv := functions.Invocation{Function: "f", Payload: payload, Tail: true}
	res, err := h.Invoke(t.Context(), inv)
	if err != nil {
		t.Fatal(err)
	}
	end := "a line\nthe last\nEND RequestId: " + res.RequestID
	if len(res.Log) != 4<<10 || !strings.Contains(string(res.Log), end) {
		t.Errorf("%d bytes that end with %q", len(res.Log), res.Log[max(0, len(res.Log)-200):])
	}
}

func TestLateOutputWarnsOnce(t *testing.T) {
	lines := make(chan functions.Line, 1)
	warned := make(chan functions.Warning, 10)
	h := start(t, &functions.Host{
		Output: func(l functions.Line) { lines <- l },
		Warn:   func(w functions.Warning) { warned <- w },
	}, self("orders"))
	_, res, err := do(t, h, order{Late: "tick\ntock"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tick", "tock"} {
		if l := <-lines; l.Text != want || !l.Late || l.RequestID != res.RequestID {
			t.Errorf("line %+v, want %s, late, of %s", l, want, res.RequestID)
		}
	}
	if w := <-warned; w.Kind != functions.WarnLateOutput || w.RequestID != res.RequestID ||
		len(warned) > 0 {
		t.Errorf("warning %+v, and %d more", w, len(warned))
	}
}
