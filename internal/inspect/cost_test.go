package inspect

import (
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// BenchmarkRecord is what a recording adds to one echo, on all goroutines together: the copies for
// the batch, and the entries that are made of it.
func BenchmarkRecord(b *testing.B) {
	t := newTestTap()
	t.page.Store(false)
	r := newRecorder(t.start, recording.DefaultRules())
	e := event(1, `{"action":"say","text":"good evening"}`)
	m := gateway.SentMessage{
		RequestID: "r1", Data: e.Message.Data, One: gateway.Recipient{ID: e.Conn.ID}, Recipients: 1,
	}
	e.Time, e.Message.Type = time.Now(), tyg.Text
	empty, n := new(batch), 0
	b.ReportAllocs()
	for b.Loop() {
		t.Received(e)
		m.Mark = t.Sending(e.Time)
		t.Sent(m)
		if n++; n%500 != 0 { // 10,000 messages a second, every 50 ms
			continue
		}
		full := t.take(empty)
		for i := range full.notes {
			r.add(full, &full.notes[i])
		}
		r.flush()
		r.free <- (<-r.chunks)[:0]
		empty = full
	}
}
