package sock_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sock"
)

// TestNewEventsGoBeforeVisits has 200 goroutines that always want to work, and a socket that has
// something to read now and then. Its turn comes after one of them or two, not after all.
func TestNewEventsGoBeforeVisits(t *testing.T) {
	const busy = 200
	poller, all := oneLoop(t, 1)
	var visits atomic.Int64
	stop := make(chan struct{})
	var visitors sync.WaitGroup
	for range busy {
		visitors.Go(func() {
			for !isClosed(stop) {
				if v := poller.Visit(patience); v != nil {
					visits.Add(1)
					spin()
					v.Leave()
				}
			}
		})
	}
	until(t, "all are busy", func() bool { return visits.Load() > 2*busy })
	median, ended := medianWait(t, all[0], &visits)
	close(stop)
	visitors.Wait()
	_ = all[0].Close()
	_ = wait(t, ended)
	if median > busy/10 {
		t.Errorf("a new event waits for %d others", median)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestVisitsThatAreSlow: a visitor that takes long holds up nothing, and one that is not let in in
// time goes without.
func TestVisitsThatAreSlow(t *testing.T) {
	poller, all := oneLoop(t, 1)
	ended := all[0].serveEcho()
	slow := poller.Visit(patience)
	if slow == nil {
		t.Fatal("there is a loop, and it receives no visitor")
	}
	for range 100 {
		all[0].wantEcho(t)
	}
	second := poller.Visit(patience)
	if second == nil {
		t.Fatal("the loop receives no other while a visitor is slow")
	}
	second.Leave()
	slow.Leave()
	for range 100 {
		if v := poller.Visit(time.Nanosecond); v != nil {
			v.Leave()
		}
	}
	all[0].wantEcho(t)
	_ = all[0].Close()
	_ = wait(t, ended)
}

// TestVisitsEndWithTheLoop: Close lets all in that wait, and later ones go without.
func TestVisitsEndWithTheLoop(t *testing.T) {
	poller, _ := oneLoop(t, 1)
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() { poller.Visit(patience).Leave() })
	}
	poller.Close()
	waiting.Wait()
	if poller.Visit(patience) != nil {
		t.Error("a closed loop receives visitors")
	}
	if new(sock.Poller).Visit(patience) != nil {
		t.Error("a Poller without sockets receives visitors")
	}
}

// TestPause: what has come meanwhile is handled within one Pause of a turn that takes long.
func TestPause(t *testing.T) {
	all := sameLoop(t, 2)
	long, other := all[0], all[1]
	var seen atomic.Int64
	pauses := make(chan int, 1)
	ended := []<-chan error{
		other.serveBytes(func(byte) { seen.Add(1) }),
		long.serveBytes(func(byte) {
			n := 0
			var v *sock.Visit
			for range 20 {
				before := seen.Load()
				_, _ = other.peer.Write([]byte("x"))
				for ; seen.Load() == before; n++ {
					spin()
					v = long.Pause(v)
				}
			}
			v.Leave()
			pauses <- n
		}),
	}
	_, _ = long.peer.Write([]byte("x"))
	if n := wait(t, pauses); n > 60 {
		t.Errorf("another socket waited for %d pauses, 20 times", n)
	}
	for i, p := range []pair{other, long} {
		_ = p.Close()
		_ = wait(t, ended[i])
	}
}

// TestManyPause has more turns pause at the same time than may.
func TestManyPause(t *testing.T) {
	const turns, pauses = 50, 50
	all := sameLoop(t, turns)
	done := make(chan struct{}, turns)
	var ended []<-chan error
	for _, p := range all {
		ended = append(ended, p.serveBytes(func(byte) {
			var v *sock.Visit
			for range pauses {
				v = p.Pause(v)
			}
			v.Leave()
			done <- struct{}{}
		}))
	}
	for range 20 {
		for _, p := range all {
			_, _ = p.peer.Write([]byte("x"))
		}
		for range turns {
			wait(t, done)
		}
	}
	for i, p := range all {
		_ = p.Close()
		_ = wait(t, ended[i])
	}
}

// TestWake: a turn follows without input, also on a loop that has ended.
func TestWake(t *testing.T) {
	poller, all := oneLoop(t, 1)
	turns := make(chan struct{}, 10)
	ended := spawn(func() error {
		return all[0].Loop(func() sock.Turn {
			turns <- struct{}{}
			return sock.Wait
		})
	})
	until(t, "it is served", func() bool { all[0].Wake(); return len(turns) > 0 })
	for len(turns) > 0 {
		<-turns
	}
	all[0].Wake()
	wait(t, turns)
	poller.Close()
	until(t, "it is served without a loop", func() bool { all[0].Wake(); return len(turns) > 0 })
	_ = all[0].Close()
	_ = wait(t, ended)
}
