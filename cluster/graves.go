package cluster

import (
	"sync"
	"time"
)

// graves bounds how many incarnations a node declares dead that the registry does not know. Clients
// may choose the ids that an application sends to, and each entry takes memory of all nodes and of
// NATS for three hours. The zero graves has graveBurst left.
type graves struct {
	mu   sync.Mutex
	used float64
	last time.Time // when used was right
}

const (
	graveBurst = 1000
	graveRate  = 2 // in a second
)

// take reports whether one more may be declared dead now.
func (g *graves) take(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if d := now.Sub(g.last).Seconds(); d > 0 {
		g.used = max(0, g.used-d*graveRate)
	}
	g.last = now
	if g.used+1 > graveBurst {
		return false
	}
	g.used++
	return true
}
