package inspect

import (
	"cmp"
	"strings"
	"time"
)

// join adds a record to the line that it belongs to.
func (t *timeline) join(r *record) {
	switch r.kind {
	case routed:
		if l := t.byRequest[r.request]; l != nil {
			l.Route = r.name
			t.routes[l.Conn] = r.name
			t.changed(l)
		}
	case handled:
		t.latency.add(r.took)
		t.end(r)
	case sent:
		t.joinSend(r)
	case started:
		t.starts.add(r.text, r.other, r.request)
	case printed:
		t.joinLog(r)
	case closed:
		t.addClosed(r)
	case received: // of a disconnect
		t.beginDisconnect(r)
	}
}

func (t *timeline) end(r *record) {
	l := t.byRequest[r.request]
	if l == nil || l.Done {
		return
	}
	t.running--
	l.Done, l.MS, l.Error = true, millis(r.took), r.text
	l.bytes += len(r.text)
	t.changed(l)
}

// joinSend adds a send that names its event, or its trace.
func (t *timeline) joinSend(r *record) {
	request := r.request
	if request == "" {
		request = t.starts.byTrace[root(r.text)]
	}
	l, guess := t.byRequest[request], false
	if l == nil && request == "" {
		l, guess = t.guess(r), true
	}
	switch {
	case l != nil:
		t.addSend(l, r, guess)
		t.changed(l)
	case request != "" && time.Since(t.sampled) < 10*time.Second:
		// Its line was left out, most likely.
	default:
		l := t.place(&line{Kind: "send", Done: true, Request: request}, r)
		t.addSend(l, r, false)
		t.add(l)
	}
}

// guess returns the line that a call of @connections belongs to which names no event, or nil. It is
// the one event that is handled at the moment, if it is one.
func (t *timeline) guess(r *record) *line {
	if !r.called || t.running != 1 {
		return nil
	}
	for i := len(t.lines) - 1; i >= 0; i-- {
		if l := t.lines[i]; !l.Done {
			t.changed(l)
			return l
		}
	}
	return nil
}

func (t *timeline) addSend(l *line, r *record, guess bool) {
	s := send{
		After: l.after(r.at), Frame: newFrame(r.message, r.data, r.size), Group: r.name, All: r.toAll,
		Count: int(r.count), Guess: guess,
	}
	if r.one.ID != "" {
		s.To = []recipient{{ID: r.one.ID, Error: text(r.one.Err)}}
	}
	for _, to := range r.to[:min(len(r.to), maxLineTo)] {
		s.To = append(s.To, recipient{ID: to.ID, Error: text(to.Err)})
	}
	before := l.bytes
	l.addSend(s)
	t.grow(l, l.bytes-before)
}

func (t *timeline) joinLog(r *record) {
	l := t.byRequest[cmp.Or(r.request, t.starts.byID[r.other])] // here, or of a function
	if l == nil {
		return
	}
	before := l.bytes
	said := r.text
	if len(said) > maxLogText {
		said = strings.ToValidUTF8(said[:maxLogText], "") + "…"
	}
	l.addLog(logLine{
		After: l.after(r.at), Function: r.name, Stream: string(r.data), Text: said,
	})
	t.grow(l, l.bytes-before)
	t.changed(l)
}
