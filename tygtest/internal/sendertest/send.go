package sendertest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

func sendCases() []suite.Case {
	return []suite.Case{
		{
			Name:  "a message arrives",
			Rule:  "Send sends one text message to one connection",
			Check: checkSend,
		},
		{
			Name:  "messages from one goroutine arrive in order",
			Rule:  "two sends to one connection from one goroutine arrive in that order",
			Check: checkSendOrder,
		},
		{
			Name:  "Send and SendMany keep their order",
			Rule:  "two sends to one connection from one goroutine arrive in that order, SendMany included",
			Check: checkMixedOrder,
		},
		{
			Name:  "messages from many goroutines all arrive",
			Rule:  "all methods may be called at the same time; a nil error means accepted",
			Check: checkConcurrentSends,
		},
		{
			Name:  "data may be reused when Send returns",
			Rule:  "a Sender has copied data, or is done with it, when it returns",
			Check: checkDataReuse,
		},
		{
			Name:  "text arrives unchanged",
			Rule:  "data is any UTF-8 text and is not changed",
			Check: checkSentText,
		},
		{
			Name:  "a message of 128 KB is not too large",
			Rule:  "the limit is 131072 bytes: such a message arrives",
			Check: checkSendLargest,
		},
		{
			Name:  "concurrent calls of all methods are safe",
			Rule:  "all methods may be called at the same time",
			Check: checkAllAtOnce,
		},
	}
}

func send(t *suite.T, p *suite.Client, text string) {
	t.Helper()
	if err := t.Sender.Send(t.Ctx, p.ID(), []byte(text)); err != nil {
		t.Fatalf("Send of %s returned %v", suite.Brief(text), err)
	}
}

func checkSend(t *suite.T) {
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	send(t, john, "for john")
	send(t, jenny, "for jenny")
	john.Expect("for john")
	jenny.Expect("for jenny")
}

func checkSendOrder(t *suite.T) {
	const n = 1000
	t.Start()
	p := t.Connect(suite.Dial{})
	for i := range n {
		send(t, p, fmt.Sprint(i))
	}
	for i := range n {
		p.Expect(fmt.Sprint(i))
	}
}

func checkMixedOrder(t *suite.T) {
	const n = 100
	t.Start()
	john, jenny := t.Connect(suite.Dial{}), t.Connect(suite.Dial{})
	for i := range n {
		send(t, john, fmt.Sprint("one ", i))
		t.SendMany(fmt.Sprint("many ", i), john, jenny)
	}
	for i := range n {
		john.Expect(fmt.Sprint("one ", i))
		john.Expect(fmt.Sprint("many ", i))
		jenny.Expect(fmt.Sprint("many ", i))
	}
}

func checkConcurrentSends(t *suite.T) {
	const goroutines, each = 32, 20
	t.Start()
	p := t.Connect(suite.Dial{})
	var all sync.WaitGroup
	for g := range goroutines {
		// Each ends after its sends; they are waited for below.
		all.Go(func() {
			for i := range each {
				text := fmt.Sprint(g, " ", i)
				if err := t.Sender.Send(t.Ctx, p.ID(), []byte(text)); err != nil {
					t.Errorf("Send returned %v", err)
				}
			}
		})
	}
	all.Wait()
	next := make([]int, goroutines)
	for range goroutines * each {
		var g, i int
		if _, err := fmt.Sscan(p.ReadText(), &g, &i); err != nil || i != next[g] {
			t.Fatalf("message %d of goroutine %d arrived when %d was next (%v)", i, g, next[g], err)
		}
		next[g]++
	}
}

func checkDataReuse(t *suite.T) {
	const n = 100
	t.Start()
	p := t.Connect(suite.Dial{})
	for range n {
		data := []byte("before")
		if err := t.Sender.Send(t.Ctx, p.ID(), data); err != nil {
			t.Fatalf("Send returned %v", err)
		}
		copy(data, "AFTER!")
		data = []byte("before")
		if err := t.Sender.SendMany(t.Ctx, []tyg.ConnID{p.ID()}, data); err != nil {
			t.Fatalf("SendMany returned %v", err)
		}
		copy(data, "AFTER!")
	}
	for range 2 * n {
		p.Expect("before")
	}
}

func checkSentText(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	for _, text := range suite.Texts() {
		send(t, p, text)
		p.Expect(text)
	}
}

func checkSendLargest(t *suite.T) {
	t.Start()
	p := t.Connect(suite.Dial{})
	text := strings.Repeat("0123456789abcdef", suite.MaxMessage/16)
	send(t, p, text)
	p.Expect(text)
	t.SendMany(text, p)
	p.Expect(text)
}

func checkAllAtOnce(t *suite.T) {
	t.Start()
	clients := t.ConnectMany(4)
	var all sync.WaitGroup
	for _, p := range clients {
		// These end after a bounded number of calls, some of which fail, as they must once the
		// connection is closed; they are waited for below.
		all.Go(func() {
			for range 20 {
				_ = t.Sender.Send(t.Ctx, p.ID(), []byte("x"))
				_ = t.Sender.SendMany(t.Ctx, suite.IDs(clients), []byte("y"))
			}
		})
		all.Go(func() {
			for range 20 {
				_, _ = t.Sender.Info(t.Ctx, p.ID())
			}
			_ = t.Sender.Close(t.Ctx, p.ID())
		})
	}
	all.Wait()
	for _, p := range clients {
		p.ExpectDisconnect(1000, "Connection Closed Normally")
	}
	t.Connect(suite.Dial{}).RoundTrip()
}
