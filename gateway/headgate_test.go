package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// TestHeadsHaveFewSlots has many heads wait for slots that are all taken.
func TestHeadsHaveFewSlots(t *testing.T) {
	t.Parallel()
	g := gateway.NewHeadGate(2)
	first, second := g.Enter(), g.Enter()
	if !first.Held() || !second.Held() {
		t.Fatal("a slot that is free was not given")
	}
	start := time.Now()
	none := g.Enter()
	if none.Held() {
		t.Error("there are more slots than two")
	}
	if d := time.Since(start); d < 10*time.Millisecond {
		t.Errorf("a head waited for %v only", d)
	}
	first.Leave()
	if !g.Enter().Held() {
		t.Error("a slot that was given back is lost")
	}
	none.Leave()
	first.Leave()
	if g.Enter().Held() {
		t.Error("a head that had no slot, or none any more, gave one back")
	}
}

// TestSlotsAreGivenBack has clients that flood the server, do not read its answers, leave in the
// middle, and keep handlers busy; after each there must be as many slots as before.
func TestSlotsAreGivenBack(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var once sync.Once
	free := func() { once.Do(func() { close(release) }) }
	defer free()
	web := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			_, _ = fmt.Fprint(w, strings.Repeat("x", 64<<10)) // more than one write
			<-release
		}
	})
	r := start(t, &gateway.Server{Handler: echo(), HTTP: web})
	const get = "GET %s HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n"
	long := strings.Repeat("x", 8<<10)
	for i := range 20 {
		slow := r.connect(t)
		slow.write(t, fmt.Sprintf(get, "/slow", long)+fmt.Sprintf(get, "/slow", ""))
		deaf := r.connect(t)
		deaf.write(t, strings.Repeat(fmt.Sprintf(get, "/x", ""), 100))
		half := r.connect(t)
		half.write(t, fmt.Sprintf(get, "/x", long)+fmt.Sprintf(get, "/x", long)[:100])
		refused := r.connect(t)
		refused.write(t, strings.Replace(r.handshake(), "Version: 13", "Version: 12", 1))
		if i%2 == 0 {
			_ = half.Close()
			_ = refused.Close()
		}
	}
	until(t, "all slots are free while handlers are slow", func() bool { return r.HeadSlots() == 0 })
	free()
	w := r.connect(t)
	w.write(t, fmt.Sprintf(get, "/x", long))
	if res, err := http.ReadResponse(bufio.NewReader(w), nil); err != nil || res.StatusCode != 200 {
		t.Errorf("a request after all that: %v, %v", res, err)
	}
	until(t, "all slots are free", func() bool { return r.HeadSlots() == 0 })
}

// TestHeadsHaveTurns: where clients are connected, a head that comes soon after another one waits
// for a turn, also if a slot is free.
func TestHeadsHaveTurns(t *testing.T) {
	t.Parallel()
	r := start(t, &gateway.Server{Handler: echo()})
	c := r.dial(t)
	until(t, "a head has a turn", func() bool {
		for range 10 {
			slot := r.EnterHead()
			if slot.InTurn() {
				c.send(t, "hello") // a head that takes long holds up nothing
				c.expect(t, "hello")
				slot.Leave()
				return true
			}
			slot.Leave()
		}
		return false
	})
}

// TestReadsOfOneByteNeedNoSlot: an http.Server waits for such a read, perhaps in its slot.
func TestReadsOfOneByteNeedNoSlot(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	go func() { _, _ = theirs.Write([]byte("xyz")) }() // ends with the pipe
	c := gateway.NewGatedConn(ours)
	for _, tt := range []struct {
		size  int
		holds bool
	}{{1, false}, {2, true}} {
		if n, err := c.Read(make([]byte, tt.size)); n != tt.size || err != nil {
			t.Fatal(n, err)
		}
		if c.HoldsSlot() != tt.holds {
			t.Errorf("after a read of %d bytes it has a slot: %v", tt.size, !tt.holds)
		}
	}
}
