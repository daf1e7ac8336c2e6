package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// natural matches what differs from session to session by its nature. The groups are, in order:
// times, ids, numbers that may be times.
var natural = regexp.MustCompile(
	`(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?` +
		`|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d (?:GMT|UTC|[+-]\d{4}))` +
		`|([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}` + // UUID
		`|[A-Za-z0-9_-]{15}=` + // of connections, events and messages
		`|\b[0-9A-HJKMNP-TV-Z]{26}\b` + // ULID
		`|\b[0-9a-f]{16,64}\b)` +
		`|(\b\d{10,19}\b)`)

// isTime reports whether digits are a time since 1970 in seconds, milliseconds, microseconds or
// nanoseconds, between 2001 and 2100.
func isTime(digits string) bool {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return false
	}
	for n >= 1e11 {
		n /= 1000
	}
	return n >= 1e9 && n < 4.2e9
}

// A matcher compares what was recorded with what came now. Ids correspond one to one: it learns
// which is which.
type matcher struct {
	ignore    map[string]bool   // keys of JSON objects
	now, then map[string]string // by the recorded id, and by the one of now
}

func newMatcher(ignore []string) *matcher {
	m := &matcher{
		ignore: make(map[string]bool), now: make(map[string]string), then: make(map[string]string),
	}
	for _, key := range ignore {
		m.ignore[key] = true
	}
	return m
}

// A difference is where two messages differ.
type difference struct{ path, recorded, replayed string }

// trial compares without learning, until commit.
type trial struct {
	*matcher
	learned map[string]string
}

// compare returns the first difference of two messages, nil if there is none. What it has learned
// about ids then counts.
func (m *matcher) compare(recorded, replayed []byte, binary bool) *difference {
	t := &trial{m, make(map[string]string)}
	d := t.messages(recorded, replayed, binary)
	if d == nil {
		for then, now := range t.learned {
			m.now[then], m.then[now] = now, then
		}
	}
	return d
}

func (t *trial) messages(recorded, replayed []byte, binary bool) *difference {
	if binary {
		if bytes.Equal(recorded, replayed) {
			return nil
		}
		return &difference{"", fmt.Sprintf("%x", recorded), fmt.Sprintf("%x", replayed)}
	}
	a, okA := decode(recorded)
	b, okB := decode(replayed)
	if okA && okB {
		return t.values("$", a, b)
	}
	return t.texts("", string(recorded), string(replayed))
}

// decode decodes JSON. A text that is a number or a word alone is compared as text, too.
func decode(data []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, false
	}
	switch v.(type) {
	case map[string]any, []any:
		return v, true
	}
	return nil, false
}

func (t *trial) values(path string, a, b any) *difference {
	if a == recording.Redacted {
		return nil
	}
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return t.objects(path, a, b)
		}
	case []any:
		if b, ok := b.([]any); ok {
			return t.arrays(path, a, b)
		}
	case string:
		if b, ok := b.(string); ok {
			return t.texts(path, a, b)
		}
	case json.Number:
		if b, ok := b.(json.Number); ok && (a == b || isTime(a.String()) && isTime(b.String())) {
			return nil
		}
	default:
		if a == b {
			return nil
		}
	}
	return &difference{path, show(a), show(b)}
}

func (t *trial) objects(path string, a, b map[string]any) *difference {
	for _, key := range slices.Sorted(maps.Keys(a)) {
		at := path + "." + key
		if t.ignore[key] {
			continue
		}
		other, ok := b[key]
		if !ok {
			return &difference{at, show(a[key]), "nothing"}
		}
		if d := t.values(at, a[key], other); d != nil {
			return d
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b)) {
		if _, ok := a[key]; !ok && !t.ignore[key] {
			return &difference{path + "." + key, "nothing", show(b[key])}
		}
	}
	return nil
}

func (t *trial) arrays(path string, a, b []any) *difference {
	if len(a) != len(b) {
		return &difference{path, fmt.Sprintf("%d items", len(a)), fmt.Sprintf("%d items", len(b))}
	}
	for i := range a {
		if d := t.values(fmt.Sprintf("%s[%d]", path, i), a[i], b[i]); d != nil {
			return d
		}
	}
	return nil
}

// texts compares texts: what is natural in them by kind, the rest as it is.
func (t *trial) texts(path, a, b string) *difference {
	if a == b || a == recording.Redacted || t.sameText(a, b) {
		return nil
	}
	return &difference{path, show(a), show(b)}
}

func (t *trial) sameText(a, b string) bool {
	inA, inB := natural.FindAllStringSubmatchIndex(a, -1), natural.FindAllStringSubmatchIndex(b, -1)
	if len(inA) != len(inB) {
		return false
	}
	endA, endB := 0, 0
	for i := range inA {
		ma, mb := inA[i], inB[i]
		if a[endA:ma[0]] != b[endB:mb[0]] || !t.sameToken(a, b, ma, mb) {
			return false
		}
		endA, endB = ma[1], mb[1]
	}
	return a[endA:] == b[endB:]
}

// sameToken compares two matches of natural.
func (t *trial) sameToken(a, b string, ma, mb []int) bool {
	x, y := a[ma[0]:ma[1]], b[mb[0]:mb[1]]
	switch {
	case ma[2] >= 0:
		return mb[2] >= 0
	case ma[4] >= 0:
		return mb[4] >= 0 && len(x) == len(y) && t.sameID(x, y)
	}
	return mb[6] >= 0 && (x == y || isTime(x) && isTime(y))
}

// sameID reports whether y is now what x was.
func (t *trial) sameID(x, y string) bool {
	if known, ok := t.now[x]; ok {
		return known == y
	}
	if known, ok := t.learned[x]; ok {
		return known == y
	}
	if _, taken := t.then[y]; taken {
		return false
	}
	for _, other := range t.learned {
		if other == y {
			return false
		}
	}
	t.learned[x] = y
	return true
}

// translate replaces the ids of the recording that are known by those of now.
func (m *matcher) translate(text string) string {
	return natural.ReplaceAllStringFunc(text, func(token string) string {
		if now, ok := m.now[token]; ok {
			return now
		}
		return token
	})
}

// show returns a value as JSON, cut if it is long.
func show(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // values that were decoded, and strings
	text := strings.TrimSpace(b.String())
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}

const maxShown = 300

// learn learns the ids of two messages that differ elsewhere, where they are at the same place in
// JSON, so that one difference does not lead to others.
func (m *matcher) learn(recorded, replayed []byte) {
	a, okA := decode(recorded)
	b, okB := decode(replayed)
	if okA && okB {
		m.learnValues(a, b)
	}
}

func (m *matcher) learnValues(a, b any) {
	switch a := a.(type) {
	case map[string]any:
		other, _ := b.(map[string]any)
		for key, value := range a {
			m.learnValues(value, other[key])
		}
	case []any:
		other, _ := b.([]any)
		for i := range min(len(a), len(other)) {
			m.learnValues(a[i], other[i])
		}
	case string:
		if b, ok := b.(string); ok {
			_ = m.compare([]byte(a), []byte(b), false) // learns if they are the same but for ids
		}
	}
}
