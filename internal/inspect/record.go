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
	after  time.Duration // so long after the start of the tap
	redact *recording.Redactor
	chunks chan []byte // filled
	free   chan []byte // to be filled again
	buf    []byte
	last   time.Duration // of the last entry, since began
	lost   atomic.Int64
}

// newRecorder returns one that begins now. start is that of the tap.
func newRecorder(start time.Time, rules recording.Rules) *recorder {
	now := time.Now()
	return &recorder{
		began: now, after: now.Sub(start), redact: recording.NewRedactor(rules),
		chunks: make(chan []byte, chunks), free: make(chan []byte, chunks),
	}
}

// Record begins a recording. Secrets go by the rules.
func (i *Inspector) Record(rules recording.Rules) *Recording {
	r := newRecorder(i.tap.start, rules)
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
		for k := range b.notes {
			r.add(b, &b.notes[k])
		}
		r.flush()
	}
}

// add adds a note.
func (r *recorder) add(b *batch, n *note) {
	switch n.kind {
	case received:
		r.message(recording.In, b, n)
	case sent:
		r.message(recording.Out, b, n)
	case whole:
		r.record(&b.records[n.from])
	}
	if len(r.buf) >= chunkSize {
		r.flush()
	}
}

// message adds a message from or to one connection.
func (r *recorder) message(kind string, b *batch, n *note) {
	id, data := b.bytesOf(n)
	m := recording.Message{Binary: n.message == tyg.Binary}
	if n.size > n.kept {
		m.Size = int(n.size)
	}
	r.append(kind, time.Duration(n.at)-r.after, id, nil, data, m)
}

// append adds a message without its secrets.
func (r *recorder) append(
	kind string, at time.Duration, conn []byte, to []string, data []byte, m recording.Message,
) {
	r.buf = r.redact.AppendMessage(r.buf, r.time(at), kind, conn, to, data, m)
}

// time returns the time of the next entry: at, or that of the last one if it is later, since not
// all times are exact.
func (r *recorder) time(at time.Duration) time.Duration {
	r.last = max(r.last, at)
	return r.last
}

// record adds a record.
func (r *recorder) record(rec *record) {
	e := recording.Entry{Conn: string(rec.conn)}
	switch rec.kind {
	case received:
		if rec.event == tyg.EventMessage {
			r.recordedMessage(recording.In, rec, string(rec.conn), nil, 0)
		}
		return
	case sent:
		r.sent(rec)
		return
	case handled:
		if rec.text == "" || rec.event != tyg.EventMessage {
			return
		}
		e.Type, e.Error = recording.Failed, rec.text
	case opened:
		e.Type = recording.Open
		e.Header, e.Query = r.redact.Header(rec.client.header), r.redact.Query(rec.client.query)
	case closed:
		e.Type, e.Code, e.Reason, e.By = recording.Close, rec.status, rec.text, rec.name
	case refused:
		e.Type, e.Code, e.Reason = recording.Refused, rec.status, rec.text
	default:
		return
	}
	e.At = millis(r.time(rec.at.Sub(r.began)))
	r.buf = recording.AppendEntry(r.buf, &e)
}

// sent adds a message for those recipients that it could be sent to.
func (r *recorder) sent(rec *record) {
	if rec.one.ID != "" {
		if rec.one.Err == nil {
			r.recordedMessage(recording.Out, rec, string(rec.one.ID), nil, 0)
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
		r.recordedMessage(recording.Out, rec, to[0], nil, 0)
	case len(to) > 0:
		r.recordedMessage(recording.Out, rec, "", to, count)
	}
}

// recordedMessage adds a message that has a record.
func (r *recorder) recordedMessage(
	kind string, rec *record, conn string, to []string, count int,
) {
	m := recording.Message{Binary: rec.message == tyg.Binary, Count: count}
	if rec.size > len(rec.data) {
		m.Size = rec.size
	}
	r.append(kind, rec.at.Sub(r.began), []byte(conn), to, rec.data, m)
}

// flush hands over what was added. If the owner does not keep up, it is lost, and the recording
// says so.
func (r *recorder) flush() {
	if lost := r.lost.Swap(0); lost > 0 {
		e := recording.Entry{
			At: millis(r.time(time.Since(r.began))), Type: recording.Lost, Count: int(lost),
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
