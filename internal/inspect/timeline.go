package inspect

import (
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// The bounds of a timeline.
const (
	maxLines     = 2000
	maxBytes     = 16 << 20
	maxStarts    = 10_000 // events of functions that are remembered
	linesPerTick = 10     // of a tick of 50 ms: 200 a second
	burst        = 200    // lines that are kept at once after a quiet second
)

// A timeline joins records to lines and keeps the last ones.
type timeline struct {
	mu        sync.Mutex
	lines     []*line // oldest first
	bytes     int
	seq       int64
	revision  int64
	byRequest map[string]*line
	closing   map[tyg.ConnID]*line // disconnect lines whose handler may follow
	routes    map[tyg.ConnID]string
	starts    starts
	running   int // lines whose handler runs

	tokens  int       // lines that may be kept
	sampled time.Time // when a message was last left out

	// counted for one sample
	seen, kept, lost int
	latency          histogram
}

func newTimeline() *timeline {
	t := &timeline{tokens: burst}
	t.forget()
	return t
}

// forget removes all lines.
func (t *timeline) forget() {
	t.lines, t.bytes, t.running = nil, 0, 0
	t.byRequest = make(map[string]*line)
	t.closing = make(map[tyg.ConnID]*line)
	t.routes = make(map[tyg.ConnID]string)
	t.starts = starts{byTrace: make(map[string]string), byID: make(map[string]string)}
}

// resume begins again after a time in which nothing was observed. Handlers may have ended in it.
func (t *timeline) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lines {
		if !l.Done {
			l.Done, l.Error = true, "the page was closed before the handler returned"
			t.changed(l)
		}
	}
	t.running, t.tokens = 0, burst
	t.routes = make(map[tyg.ConnID]string)
	t.closing = make(map[tyg.ConnID]*line)
}

// clear is forget for the viewer: lines that come later have higher numbers.
func (t *timeline) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	t.revision++
}

// starts knows which event of the gateway an event of a function is.
type starts struct {
	byTrace, byID map[string]string
	order         []string // trace, id, trace, id, …
}

func (s *starts) add(trace, id, request string) {
	if len(s.order) >= 2*maxStarts {
		delete(s.byTrace, s.order[0])
		delete(s.byID, s.order[1])
		s.order = s.order[2:]
	}
	trace, request = root(trace), strings.Clone(request) // see tyg.Event
	s.byTrace[trace], s.byID[id] = request, request
	s.order = append(s.order, trace, id)
}

// root returns the part of a trace header that all calls for one event share.
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
func root(trace string) string {
	for field := range strings.SplitSeq(trace, ";") {
		if strings.HasPrefix(strings.TrimSpace(field), "Root=") {
			return strings.TrimSpace(field)
		}
	}
	return ""
}

// apply adds a batch.
func (t *timeline) apply(b *batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost += b.lost
	t.tokens = min(t.tokens+linesPerTick, burst)
	stride, n := t.stride(b), 0
	for r := range b.inOrder() {
		if !r.begins() {
			t.join(r)
			continue
		}
		t.seen++
		if n++; n%stride != 0 {
			t.sampled = r.at
			if r.kind == received {
				t.routes[r.conn] = r.name
			}
			continue
		}
		t.tokens--
		t.kept++
		t.begin(r)
	}
	t.evict()
}

// stride returns of how many lines of a batch one is kept, so that no more than t.tokens are.
func (t *timeline) stride(b *batch) int {
	n := 0
	for r := range b.inOrder() {
		if r.begins() {
			n++
		}
	}
	if n <= t.tokens {
		return 1
	}
	return (n + max(t.tokens, linesPerTick) - 1) / max(t.tokens, linesPerTick)
}

// begins reports whether a record is the first of a line.
func (r *record) begins() bool {
	switch r.kind {
	case received:
		return r.event != tyg.EventDisconnect
	case opened, refused:
		return true
	case started:
		return r.request == ""
	case sent:
		return r.request == "" && r.text == ""
	}
	return false
}

// begin makes a line of a record, or joins it to a line after all.
func (t *timeline) begin(r *record) {
	switch r.kind {
	case received:
		t.routes[r.conn] = r.name
		t.add(t.eventLine(r))
	case opened:
		t.addOpened(r)
	case started: // by another program, or by the function itself, as for OnOpen
		l := t.place(&line{Kind: "invoke", Route: r.name, Request: r.other, Done: true}, r)
		t.starts.add(r.text, r.other, r.other)
		t.byRequest[r.other] = l
		t.add(l)
	case refused:
		l := &line{Kind: "refused", Status: r.status, Error: r.text, Done: true}
		l.Address = r.client.conn.SourceIP
		t.add(t.place(l, r))
	case sent:
		if l := t.guess(r); l != nil {
			t.addSend(l, r, true)
			return
		}
		l := t.place(&line{Kind: "send", Done: true}, r)
		t.addSend(l, r, false)
		t.add(l)
	}
}

// place sets when and where a line began.
func (t *timeline) place(l *line, r *record) *line {
	l.began, l.At, l.Conn = r.at, r.at.UnixMilli(), r.conn
	l.bytes += lineOverhead
	return l
}

func (t *timeline) eventLine(r *record) *line {
	l := t.place(&line{Kind: kindOf(r.event), Route: r.name, Request: strings.Clone(r.request)}, r)
	if r.event == tyg.EventMessage {
		l.Frame = newFrame(r.message, r.data, r.size)
		l.bytes += l.Frame.bytes()
		l.Done = r.name == "" // it has no handler
	}
	if !l.Done {
		t.running++
	}
	t.byRequest[l.Request] = l
	return l
}

// addOpened notes who has connected, in the line of the connect handler if there is one.
func (t *timeline) addOpened(r *record) {
	for i := len(t.lines) - 1; i >= max(0, len(t.lines)-50); i-- {
		if l := t.lines[i]; l.Conn == r.conn && l.Kind == "connect" {
			l.Address = r.client.conn.SourceIP
			t.changed(l)
			return
		}
	}
	t.add(t.place(&line{Kind: "connect", Address: r.client.conn.SourceIP, Done: true}, r))
}

func (t *timeline) addClosed(r *record) {
	delete(t.routes, r.conn)
	t.seen++
	if t.tokens <= 0 {
		return
	}
	t.tokens--
	t.kept++
	l := t.place(&line{Kind: "disconnect", Status: r.status, Done: true}, r)
	l.Frame = newFrame(tyg.Text, []byte(r.text), len(r.text))
	t.closing[r.conn] = l
	t.add(l)
}

// beginDisconnect gives the line of a connection's end its handler.
func (t *timeline) beginDisconnect(r *record) {
	l := t.closing[r.conn]
	if l == nil {
		return
	}
	delete(t.closing, r.conn)
	l.Request, l.Route, l.Done = strings.Clone(r.request), r.name, false
	t.running++
	t.byRequest[l.Request] = l
	t.changed(l)
}

// add adds a line at the end.
func (t *timeline) add(l *line) {
	t.seq++
	l.Seq = t.seq
	t.lines = append(t.lines, l)
	t.bytes += l.bytes
	t.changed(l)
}

// grow notes that a line has grown. A line that was not added yet is counted then.
func (t *timeline) grow(l *line, bytes int) {
	if l.Seq != 0 {
		t.bytes += bytes
	}
}

func (t *timeline) changed(l *line) {
	t.revision++
	l.revision = t.revision
}

// evict removes the oldest lines while there are too many.
func (t *timeline) evict() {
	n := 0
	for n < len(t.lines) && (len(t.lines)-n > maxLines || t.bytes > maxBytes) {
		l := t.lines[n]
		t.bytes -= l.bytes
		if !l.Done {
			t.running--
		}
		delete(t.byRequest, l.Request)
		if t.closing[l.Conn] == l {
			delete(t.closing, l.Conn)
		}
		t.lines[n] = nil
		n++
	}
	t.lines = t.lines[n:]
}

// since returns copies of the lines that have changed since a revision, at most so many, the
// newest, and the revision for the next call.
func (t *timeline) since(revision int64, most int) ([]line, int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []line
	for i := len(t.lines) - 1; i >= 0 && len(list) < most; i-- {
		if l := t.lines[i]; l.revision > revision {
			list = append(list, *l) // its slices only grow, so what is copied stays as it is
		}
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list, t.revision
}

// route returns the route of the last message of a connection.
func (t *timeline) route(id tyg.ConnID) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.routes[id]
}
