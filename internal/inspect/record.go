package inspect

import (
	"context"
	"encoding/json"
	"io"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// The bounds of a recording.
const (
	maxRecorded = 1 << 20 // bytes of a message
	chunks      = 64      // that wait to be written
	chunkSize   = 256 << 10
)

// A Recording notes what happens from its begin on. Call Run to write it.
type Recording struct {
	inspector *Inspector
	recorder  *recorder
	head      recording.Header
	done      func()
}

// A recorder makes the entries of one recording. Its owner reads chunks.
type recorder struct {
	began  time.Time
	redact *recording.Redactor
	chunks chan []byte // filled
	free   chan []byte // to be filled again
	buf    []byte
	lost   atomic.Int64
}

// Record begins a recording. Secrets go by the rules.
func (i *Inspector) Record(rules recording.Rules) *Recording {
	r := &recorder{
		began: time.Now(), redact: recording.NewRedactor(rules), chunks: make(chan []byte, chunks),
		free: make(chan []byte, chunks),
	}
	done := i.begin(false)
	i.addRecorder(r)
	return &Recording{
		inspector: i, recorder: r, done: done,
		head: recording.Header{
			Recording: recording.Version, Time: r.began.UTC(), Name: i.cfg.Name, Stage: i.cfg.Stage,
			Redacted: rules,
		},
	}
}

// Run writes the recording to w until ctx ends, or w fails.
func (r *Recording) Run(ctx context.Context, w io.Writer) error {
	defer r.done()
	head, err := json.Marshal(r.head)
	if err == nil {
		_, err = w.Write(append(head, '\n'))
	}
	if err == nil {
		err = r.copyChunks(ctx, w)
	}
	r.inspector.removeRecorder(r.recorder)
	for err == nil {
		select {
		case chunk := <-r.recorder.chunks:
			_, err = w.Write(chunk)
		default:
			_, err = w.Write(r.recorder.buf)
			return err
		}
	}
	return err
}

func (r *Recording) copyChunks(ctx context.Context, w io.Writer) error {
	for {
		select {
		case <-ctx.Done():
			r.inspector.settle()
			return nil
		case <-r.inspector.closed:
			return nil
		case chunk := <-r.recorder.chunks:
			if _, err := w.Write(chunk); err != nil {
				return err
			}
			select {
			case r.recorder.free <- chunk[:0]:
			default:
			}
		}
	}
}

// settle waits until all that has happened so far is in the recordings.
func (i *Inspector) settle() {
	last := i.tap.order.Load()
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for end := time.Now().Add(2 * maxWait); i.applied.Load() < last && time.Now().Before(end); {
		select {
		case <-ticks.C:
		case <-i.closed:
			return
		}
	}
}

func (i *Inspector) addRecorder(r *recorder) {
	list, _ := i.cfg.Gateway.ConnStates(1 << 30)
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, c := range list {
		e := recording.Entry{Type: recording.Open, Conn: string(c.Conn.ID), Already: true}
		r.buf = recording.AppendEntry(r.buf, &e)
	}
	i.tap.maxFrame.Store(maxRecorded)
	i.recordings[r] = true
}

func (i *Inspector) removeRecorder(r *recorder) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.recordings, r)
	if len(i.recordings) == 0 {
		i.tap.maxFrame.Store(0)
	}
}

// isRecording returns the number of recordings that run.
func (i *Inspector) isRecording() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.recordings)
}

// record adds a batch to all recordings.
func (i *Inspector) record(b *batch) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for r := range i.recordings {
		if b.lost > 0 {
			r.lost.Add(int64(b.lost))
		}
		for k := range b.records {
			r.add(&b.records[k])
		}
		r.flush()
	}
}

// add adds a record.
func (r *recorder) add(rec *record) {
	since := rec.at.Sub(r.began)
	at := max(millis(since), 0)
	switch rec.kind {
	case received:
		if rec.event == tyg.EventMessage {
			r.message(recording.In, since, rec, string(rec.conn), nil, 0)
		}
	case sent:
		r.sent(since, rec)
	case handled:
		if rec.text != "" && rec.event == tyg.EventMessage {
			e := recording.Entry{At: at, Type: recording.Failed, Conn: string(rec.conn), Error: rec.text}
			r.buf = recording.AppendEntry(r.buf, &e)
		}
	case opened:
		e := recording.Entry{
			At: at, Type: recording.Open, Conn: string(rec.conn),
			Header: r.redact.Header(rec.client.header), Query: r.redact.Query(rec.client.query),
		}
		r.buf = recording.AppendEntry(r.buf, &e)
	case closed, refused:
		e := recording.Entry{
			At: at, Type: recording.Close, Conn: string(rec.conn), Code: rec.status, Reason: rec.text,
			By: rec.name,
		}
		if rec.kind == refused {
			e.Type = recording.Refused
		}
		r.buf = recording.AppendEntry(r.buf, &e)
	}
	if len(r.buf) >= chunkSize {
		r.flush()
	}
}

// sent adds a message for those recipients that it could be sent to.
func (r *recorder) sent(at time.Duration, rec *record) {
	if rec.one.ID != "" {
		if rec.one.Err == nil {
			r.message(recording.Out, at, rec, string(rec.one.ID), nil, 0)
		}
		return
	}
	var to []string
	for _, t := range rec.to {
		if t.Err == nil {
			to = append(to, string(t.ID))
		}
	}
	count := 0
	if int(rec.count) > len(rec.to) {
		count = int(rec.count)
	}
	switch {
	case len(to) == 1 && count == 0:
		r.message(recording.Out, at, rec, to[0], nil, 0)
	case len(to) > 0:
		r.message(recording.Out, at, rec, "", to, count)
	}
}

func (r *recorder) message(
	kind string, at time.Duration, rec *record, conn string, to []string, count int,
) {
	m := recording.Message{Binary: rec.message == tyg.Binary, Count: count}
	if rec.size > len(rec.data) {
		m.Size = rec.size
	}
	data := rec.data
	if !m.Binary {
		data = r.redact.Message(data)
	}
	r.buf = recording.AppendMessage(r.buf, at, kind, conn, to, data, m)
}

// flush hands over what was added. If the owner does not keep up, it is lost, and the recording
// says so.
func (r *recorder) flush() {
	if lost := r.lost.Swap(0); lost > 0 {
		e := recording.Entry{
			At: millis(time.Since(r.began)), Type: recording.Lost, Count: int(lost),
		}
		r.buf = recording.AppendEntry(r.buf, &e)
	}
	if len(r.buf) == 0 {
		return
	}
	select {
	case r.chunks <- r.buf:
		select {
		case r.buf = <-r.free:
		default:
			r.buf = nil
		}
	default:
		for _, c := range r.buf {
			if c == '\n' {
				r.lost.Add(1)
			}
		}
		r.buf = r.buf[:0]
	}
}
