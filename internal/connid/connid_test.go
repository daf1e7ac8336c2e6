package connid_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

func TestNew(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)
	m := &connid.Maker{Incarnation: 0xABCDEF, Key: []byte("key")}
	seen := make(map[tyg.ConnID]bool)
	tags := make(map[tyg.ConnID]bool)
	for range 10_000 {
		id := m.New()
		if !shape.MatchString(string(id)) {
			t.Fatalf("id %q has not the shape of API Gateway's", id)
		}
		if seen[id] {
			t.Fatalf("id %q was made twice", id)
		}
		seen[id] = true
		tags[id[:4]] = true
		if inc, ok := m.Parse(id); !ok || inc != m.Incarnation {
			t.Fatalf("Parse(%q) = %x, %v, want %x, true", id, inc, ok, m.Incarnation)
		}
	}
	if len(tags) < 9_000 {
		t.Errorf("10,000 ids of one node begin in only %d ways: the node shows through", len(tags))
	}
}

func TestParseNeedsTheKey(t *testing.T) {
	m := &connid.Maker{Incarnation: 7, Key: []byte("key")}
	other := &connid.Maker{Key: []byte("another")}
	var same int
	for range 100 {
		if inc, _ := other.Parse(m.New()); inc == m.Incarnation {
			same++
		}
	}
	if same > 1 {
		t.Errorf("another key read the incarnation of %d ids in 100", same)
	}
}

func TestParseRefuses(t *testing.T) {
	m := new(connid.Maker)
	for _, id := range []tyg.ConnID{
		"", "=", "AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAB=",
		"AAAAAAAAAA/AAAA=", "AAAAAAAAAA+AAAA=", "AAAAAAAAAAAAAAA=A", "AAAAAAAAAAAAAAA%3D",
		"AAAA\nAAAAAAAAAA=",
	} {
		if _, ok := m.Parse(id); ok {
			t.Errorf("Parse(%q) accepted it", id)
		}
	}
	if _, ok := m.Parse("AAAAAAAAAAAAAAA="); !ok {
		t.Errorf("Parse refused a canonical id")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("L0SM9cOFvHcCIhw=", []byte("key"))
	f.Add("AAAAAAAAAAAAAAB=", []byte(nil))
	f.Fuzz(func(t *testing.T, s string, key []byte) {
		m := &connid.Maker{Key: key}
		inc, ok := m.Parse(tyg.ConnID(s))
		if ok && (len(s) != connid.Length || inc > 0xFFFFFF) {
			t.Errorf("Parse(%q) = %x, true", s, inc)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	m := &connid.Maker{Incarnation: 1, Key: []byte("key")}
	b.ReportAllocs()
	for b.Loop() {
		m.New()
	}
}

func TestEventIDIsThatOfItsEvent(t *testing.T) {
	joined := time.Unix(1, 2)
	seen := make(map[string]bool)
	for _, id := range []tyg.ConnID{"AAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAE="} {
		for _, about := range []string{
			connid.Disconnect, connid.Leave("a", joined), connid.Leave("b", joined),
			connid.Leave("a", joined.Add(1)),
		} {
			event := connid.EventID(id, about)
			if event != connid.EventID(id, about) || len(event) != connid.Length {
				t.Errorf("the id of %s %q is %s", id, about, event)
			}
			seen[event] = true
		}
	}
	if len(seen) != 8 {
		t.Errorf("8 events have %d ids", len(seen))
	}
}
