// Package replay is "tyg replay": it plays what the clients of a recording said against a server,
// and compares the answers.
package replay

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// A session is a recording that can be played.
type session struct {
	steps []step
	conns []*peer // in the order in which they opened
	notes []string
}

// A step is something that a client did, or the server did to it.
type step struct {
	entry recording.Entry
	peer  *peer
}

// load reads a recording.
func load(r io.Reader) (*session, error) {
	in, err := recording.NewReader(r)
	if err != nil {
		return nil, err
	}
	l := &loader{byID: make(map[string]*peer)}
	for {
		e, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		l.add(e)
	}
	l.note()
	return &l.session, nil
}

type loader struct {
	session
	byID map[string]*peer
	sent int // messages of clients

	lost, refused, partial, foreign int
}

func (l *loader) add(e recording.Entry) {
	p := l.byID[e.Conn]
	switch e.Type {
	case recording.Open:
		p = &peer{number: len(l.conns) + 1, id: e.Conn}
		l.byID[e.Conn] = p
		l.conns = append(l.conns, p)
	case recording.Out:
		l.addOut(e)
		return
	case recording.Lost:
		l.lost += e.Count
		return
	case recording.Refused:
		l.refused++
		return
	case recording.In, recording.Close:
		if e.Size > 0 {
			l.partial++
		}
		if p == nil {
			l.foreign++
			return
		}
	default:
		return // of a newer tyg, or only to be read
	}
	if e.Type == recording.In {
		l.sent++
	}
	l.steps = append(l.steps, step{entry: e, peer: p})
}

func (l *loader) addOut(e recording.Entry) {
	if e.Count > len(e.To) {
		l.partial++
	}
	data, _ := e.Data() // Read has checked it
	for _, id := range e.Recipients() {
		p := l.byID[id]
		if p == nil {
			l.foreign++
			continue
		}
		p.expected = append(p.expected, expected{
			data: data, binary: e.Binary(), cut: e.Size > 0, step: len(l.steps), after: l.sent,
		})
	}
}

// note says what of the recording cannot be played.
func (l *loader) note() {
	add := func(n int, format string) {
		if n > 0 {
			l.notes = append(l.notes, fmt.Sprintf(format, n))
		}
	}
	add(l.lost, "the recorder has lost %d events, so answers may seem to differ")
	add(l.refused, "%d refused handshakes of the recording are not repeated")
	add(l.partial, "%d messages are not whole in the recording, or have recipients without a name")
	add(l.foreign, "%d entries are about connections that the recording does not open")
}

// redactedIn counts the values of a recording that are redacted, by name.
func (s *session) redactedIn() map[string]int {
	count := make(map[string]int)
	for _, st := range s.steps {
		for _, set := range []map[string][]string{st.entry.Header, st.entry.Query} {
			for name, values := range set {
				if slices.Contains(values, recording.Redacted) {
					count[name]++
				}
			}
		}
		if st.entry.Text != nil && strings.Contains(*st.entry.Text, recording.Redacted) {
			for _, m := range redactedKey.FindAllStringSubmatch(*st.entry.Text, -1) {
				count[m[1]]++
			}
		}
	}
	return count
}
