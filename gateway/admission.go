package gateway

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A connectRate admits so many handshakes in a second, and up to as many at once. It is a token
// bucket that also guesses how many clients it has sent away will come again, and spreads them.
type connectRate struct {
	mu      sync.Mutex
	last    time.Time // when the rest was up to date; zero: before the first handshake
	tokens  float64
	waiting float64 // clients that were refused, less those that could have been admitted since
}

// maxRetry is the longest time after which a client that was refused is asked to come again.
const maxRetry = time.Minute

// admit takes a token. Without one it returns after how long the client should come again.
func (r *connectRate) admit(now time.Time, rate int) (retry time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	perSecond := float64(rate)
	if r.last.IsZero() {
		r.tokens = perSecond
	} else if d := now.Sub(r.last).Seconds(); d > 0 {
		r.tokens = min(r.tokens+d*perSecond, perSecond)
		r.waiting = max(r.waiting-d*perSecond, 0)
	}
	r.last = now
	if r.tokens >= 1 {
		r.tokens--
		return 0, true
	}
	r.waiting++
	spread := min(time.Duration(r.waiting/perSecond*float64(time.Second)), maxRetry)
	return rand.N(spread + time.Second), false
}

// retrySoon returns when a client should come again that another server may accept at once: within
// some seconds, so that not all come at the same time.
func retrySoon() time.Duration { return rand.N(4 * time.Second) }

// A refusalCause is why a handshake was refused. Each has a count in Stats.Refused.
type refusalCause uint8

const (
	forOther refusalCause = iota
	forStage
	forURL
	forHandshake
	forHost
	forOrigin
	forShutdown
	forMemory
	forConns
	forConnsPerAddress
	forConnectRate
	forAuthorizer
	forConnect
	refusalCauses // how many there are
)

// causeNames are the names of causes in Stats.Refused. docs/self-hosting.md explains them.
func causeNames() [refusalCauses]string {
	return [refusalCauses]string{
		forOther: "other", forStage: "stage", forURL: "url", forHandshake: "handshake",
		forHost: "host", forOrigin: "origin", forShutdown: "shutdown", forMemory: "memory",
		forConns: "connections", forConnsPerAddress: "connections-per-address",
		forConnectRate: "connect-rate", forAuthorizer: "authorizer", forConnect: "connect",
	}
}

// String returns the name.
func (c refusalCause) String() string { return causeNames()[c] }

// refused counts refusals.
type refused [refusalCauses]atomic.Int64

// byCause returns the counts by name.
func (r *refused) byCause() map[string]int64 {
	all := make(map[string]int64, len(r))
	for i, name := range causeNames() {
		all[name] = r[i].Load()
	}
	return all
}
