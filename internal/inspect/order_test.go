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

func newOrderRig(page bool) *orderRig {
	t := newTestTap()
	t.page.Store(page)
	return &orderRig{tap: t, order: newOrder(t), empty: new(batch), now: time.Now()}
}

func (r *orderRig) receive(text string) { r.tap.Received(event(1, text)) }

// sent notes a message to two connections while a page is open, else to one.
func (r *orderRig) sent(m gateway.Mark, text string) {
	sent := gateway.SentMessage{
		Mark: m, Data: []byte(text), One: gateway.Recipient{ID: "one"}, Recipients: 1,
	}
	if r.tap.page.Load() {
		sent.One = gateway.Recipient{}
		sent.To, sent.Recipients = []gateway.Recipient{{ID: "a"}, {ID: "b"}}, 2
	}
	r.tap.Sent(sent)
}

// take returns the texts of the records that are next.
func (r *orderRig) take() []string {
	full := r.tap.take(r.empty)
	r.empty = full
	return texts(r.order.take(full, r.now))
}

func texts(b *batch) (list []string) {
	for i := range b.notes {
		n := &b.notes[i]
		if n.kind == whole {
			list = append(list, recordText(&b.records[n.from]))
			continue
		}
		id, message := b.bytesOf(n)
		if want := map[kind]string{received: "c", sent: "one"}[n.kind]; string(id) != want {
			list = append(list, fmt.Sprintf("wrong connection %q", id))
		}
		list = append(list, string(message))
	}
	return list
}

func recordText(rec *record) string {
	if rec.kind == sent && (len(rec.to) != 2 || rec.to[1].ID != "b") {
		return fmt.Sprint("wrong recipients ", rec.to)
	}
	return string(rec.data)
}

func (r *orderRig) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("it takes %q, want %q", got, want)
	}
}

// A send that is noted late comes before what was noted meanwhile, in the same batch or a later
// one.
func TestOrderIsThatOfTheSends(t *testing.T) { withAndWithoutPage(t, testOrderOfSends) }

// withAndWithoutPage runs a test with records and with notes that have none.
func withAndWithoutPage(t *testing.T, test func(*testing.T, *orderRig)) {
	t.Run("page", func(t *testing.T) { test(t, newOrderRig(true)) })
	t.Run("recording", func(t *testing.T) { test(t, newOrderRig(false)) })
}

func testOrderOfSends(t *testing.T, r *orderRig) {
	r.receive("one")
	a := r.tap.Sending(time.Time{})
	r.receive("two")
	b := r.tap.Sending(time.Time{})
	r.sent(b, "b")
	r.receive("three")
	r.sent(a, "a")
	r.expect(t, "one", "a", "two", "b", "three")
	r.expect(t)
	a, b = r.tap.Sending(time.Time{}), r.tap.Sending(time.Time{})
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
func TestOrderDoesNotWaitForever(t *testing.T) { withAndWithoutPage(t, testOrderWaits) }

func testOrderWaits(t *testing.T, r *orderRig) {
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
func TestOrderDoesNotWaitForWhatIsLost(t *testing.T) { withAndWithoutPage(t, testOrderOfLost) }

func testOrderOfLost(t *testing.T, r *orderRig) {
	for range maxData/maxFrame + 1 {
		r.receive(strings.Repeat("x", maxFrame))
	}
	if got := len(r.take()); got > maxData/maxFrame || got < maxData/maxFrame-1 { // with ids
		t.Errorf("it takes %d records", got)
	}
	r.receive("one")
	r.expect(t, "one")
}
