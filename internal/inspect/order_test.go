package inspect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// An orderRig notes records by a tap, and takes them in their order.
type orderRig struct {
	tap   *tap
	order *order
	empty *batch
	now   time.Time
}

func newOrderRig() *orderRig {
	return &orderRig{tap: newTestTap(), order: newOrder(1), empty: new(batch), now: time.Now()}
}

func (r *orderRig) receive(text string) { r.tap.Received(event(1, text)) }

func (r *orderRig) sent(m gateway.Mark, text string) {
	r.tap.Sent(gateway.SentMessage{
		Mark: m, Data: []byte(text), To: []gateway.Recipient{{ID: "a"}, {ID: "b"}}, Recipients: 2,
	})
}

// take returns the texts of the records that are next.
func (r *orderRig) take() []string {
	full := r.tap.take(r.empty)
	r.empty = full
	return texts(r.order.take(full, r.now))
}

func texts(b *batch) (list []string) {
	for _, rec := range b.records {
		if rec.kind == sent && (len(rec.to) != 2 || rec.to[1].ID != "b") {
			list = append(list, fmt.Sprint("wrong recipients ", rec.to))
		}
		list = append(list, string(rec.data))
	}
	return list
}

func (r *orderRig) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("it takes %q, want %q", got, want)
	}
}

// A send that is noted late comes before what was noted meanwhile, in the same batch or a later
// one.
func TestOrderIsThatOfTheSends(t *testing.T) {
	r := newOrderRig()
	r.receive("one")
	a := r.tap.Sending(time.Time{})
	r.receive("two")
	b := r.tap.Sending(time.Time{})
	r.sent(b, "b")
	r.receive("three")
	r.sent(a, "a")
	r.expect(t, "one", "a", "two", "b", "three")
	r.expect(t)
	a, b = r.tap.Sending(time.Time{}), r.tap.Sending()
	r.receive("four")
	r.expect(t)
	r.receive("five")
	r.sent(b, "b")
	r.expect(t)
	r.sent(a, "a")
	c := r.tap.Sending(time.Time{})
	r.receive("six")
	r.expect(t, "a", "b", "four", "five")
	r.sent(c, "c")
	r.expect(t, "c", "six")
	r.receive("seven")
	r.expect(t, "seven")
}

// What waits for a number that does not come is taken after a time, and when the observation ends,
// and the one that comes after that is not lost.
func TestOrderDoesNotWaitForever(t *testing.T) {
	r := newOrderRig()
	a := r.tap.Sending(time.Time{})
	r.receive("one")
	r.expect(t)
	r.now = r.now.Add(maxWait + time.Minute)
	r.receive("two")
	r.expect(t, "one", "two")
	r.sent(a, "a")
	r.receive("three")
	r.expect(t, "a", "three")
	r.now = time.Now()
	r.tap.Sending(time.Time{})
	r.receive("four")
	r.expect(t)
	if got := texts(r.order.rest()); !slices.Equal(got, []string{"four"}) {
		t.Errorf("the rest is %q", got)
	}
}

// Records that were lost are not waited for.
func TestOrderDoesNotWaitForWhatIsLost(t *testing.T) {
	r := newOrderRig()
	for range maxData/maxFrame + 1 {
		r.receive(strings.Repeat("x", maxFrame))
	}
	if got := len(r.take()); got != maxData/maxFrame {
		t.Errorf("it takes %d records", got)
	}
	r.receive("one")
	r.expect(t, "one")
}
