package tygtest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/tyg-dev/tyg"
)

func sendPromises() []promise {
	return []promise{
		{"a message arrives", "Send sends one text message to one connection", checkSend},
		{
			"messages from one goroutine arrive in order",
			"two sends to one connection from one goroutine arrive in that order", checkSendOrder,
		},
		{
			"Send and SendMany keep their order",
			"two sends to one connection from one goroutine arrive in that order, SendMany included",
			checkMixedOrder,
		},
		{
			"messages from many goroutines all arrive",
			"all methods may be called at the same time; a nil error means accepted",
			checkConcurrentSends,
		},
		{
			"data may be reused when Send returns",
			"a Sender has copied data, or is done with it, when it returns", checkDataReuse,
		},
		{"text arrives as it was sent", "data is any UTF-8 text and is not changed", checkSentText},
		{
			"128 KB are not too large", "the limit is 131072 bytes: such a message arrives",
			checkSendLargest,
		},
		{
			"everything at once is safe", "all methods may be called at the same time",
			checkAllAtOnce,
		},
	}
}

func (p *peer) send(text string) {
	p.r.t.Helper()
	if err := p.r.Sender.Send(p.r.ctx, p.id(), []byte(text)); err != nil {
		p.r.stop("Send of %s returned %v", brief(text), err)
	}
}

func checkSend(r *rig) {
	r.run()
	john, jenny := r.join(Dial{}), r.join(Dial{})
	john.send("for john")
	jenny.send("for jenny")
	john.expect("for john")
	jenny.expect("for jenny")
}

func checkSendOrder(r *rig) {
	const n = 1000
	r.run()
	p := r.join(Dial{})
	for i := range n {
		p.send(fmt.Sprint(i))
	}
	for i := range n {
		p.expect(fmt.Sprint(i))
	}
}

func checkMixedOrder(r *rig) {
	const n = 100
	r.run()
	john, jenny := r.join(Dial{}), r.join(Dial{})
	for i := range n {
		john.send(fmt.Sprint("one ", i))
		r.sendMany(fmt.Sprint("many ", i), john, jenny)
	}
	for i := range n {
		john.expect(fmt.Sprint("one ", i))
		john.expect(fmt.Sprint("many ", i))
		jenny.expect(fmt.Sprint("many ", i))
	}
}

func checkConcurrentSends(r *rig) {
	const goroutines, each = 32, 20
	r.run()
	p := r.join(Dial{})
	var all sync.WaitGroup
	for g := range goroutines {
		// Each ends after its sends; they are waited for below.
		all.Go(func() {
			for i := range each {
				text := fmt.Sprint(g, " ", i)
				if err := r.Sender.Send(r.ctx, p.id(), []byte(text)); err != nil {
					r.broken("Send returned %v", err)
				}
			}
		})
	}
	all.Wait()
	next := make([]int, goroutines)
	for range goroutines * each {
		var g, i int
		if _, err := fmt.Sscan(p.read(), &g, &i); err != nil || i != next[g] {
			r.stop("message %d of goroutine %d came when %d was next (%v)", i, g, next[g], err)
		}
		next[g]++
	}
}

func checkDataReuse(r *rig) {
	const n = 100
	r.run()
	p := r.join(Dial{})
	for range n {
		data := []byte("before")
		if err := r.Sender.Send(r.ctx, p.id(), data); err != nil {
			r.stop("Send returned %v", err)
		}
		copy(data, "AFTER!")
		data = []byte("before")
		if err := r.Sender.SendMany(r.ctx, []tyg.ConnID{p.id()}, data); err != nil {
			r.stop("SendMany returned %v", err)
		}
		copy(data, "AFTER!")
	}
	for range 2 * n {
		p.expect("before")
	}
}

func checkSentText(r *rig) {
	r.run()
	p := r.join(Dial{})
	for _, text := range texts() {
		p.send(text)
		p.expect(text)
	}
}

func checkSendLargest(r *rig) {
	r.run()
	p := r.join(Dial{})
	text := strings.Repeat("0123456789abcdef", maxMessage/16)
	p.send(text)
	p.expect(text)
	r.sendMany(text, p)
	p.expect(text)
}

func checkAllAtOnce(r *rig) {
	r.run()
	peers := []*peer{r.join(Dial{}), r.join(Dial{}), r.join(Dial{}), r.join(Dial{})}
	var all sync.WaitGroup
	for _, p := range peers {
		// These end after a bounded number of calls, some of which fail, as they must once the
		// connection is closed; they are waited for below.
		all.Go(func() {
			for range 20 {
				_ = r.Sender.Send(r.ctx, p.id(), []byte("x"))
				_ = r.Sender.SendMany(r.ctx, ids(peers), []byte("y"))
			}
		})
		all.Go(func() {
			for range 20 {
				_, _ = r.Sender.Info(r.ctx, p.id())
			}
			_ = r.Sender.Close(r.ctx, p.id())
		})
	}
	all.Wait()
	for _, p := range peers {
		p.ended(1000, "Connection Closed Normally")
	}
	r.join(Dial{}).roundTrip()
}
