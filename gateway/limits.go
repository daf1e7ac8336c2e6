package gateway

import (
	"math"
	"time"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/memory"
)

// Limits bounds what clients and handlers may do. For each field zero means the default that is
// named with it, and a negative value means no limit.
type Limits struct {
	Frame     int // payload bytes of one frame from a client: 32 KB, as API Gateway
	Message   int // bytes of one message, either way, inflated: 128 KB, as API Gateway
	Fragments int // frames of one message: 4,096
	URL       int // characters of path and query at connect: 4,096, as API Gateway

	Idle        time.Duration // without a message either way: 10 minutes, as API Gateway
	Life        time.Duration // since connect: 2 hours, as API Gateway
	Integration time.Duration // for a handler: 29 seconds, as API Gateway

	Handshake time.Duration // for the request to arrive that opens a connection, with Serve: 5 seconds

	Queue int // bytes that wait for one client: 1 MiB

	// Memory is how many bytes all clients together may make the server hold: queues, messages that
	// are not complete, buffers of slow handlers. By default that is a quarter of what the process may
	// use: of the machine's memory, the container's, or GOMEMLIMIT. From three quarters of it on,
	// handshakes are refused; at its end, the clients for which most is held are closed with 1013.
	Memory int

	Write time.Duration // for a client to take 16 KB of what was written, or the rest: 10 seconds
	Read  time.Duration // for the rest of a message that has begun: 30 seconds
	Close time.Duration // for a client to answer a close frame: 5 seconds; negative: none

	// As many sockets again may be open that are no connections: their request has not arrived, or
	// was for something else.
	Conns           int // connections at one time: 100,000
	ConnsPerAddress int // connections of one other machine's address, IPv6 by its /64: 1,000

	// ConnectRate is how many clients of other machines may connect in a second: 500, as to API
	// Gateway unless AWS raises it. The others get 503, with a Retry-After that spreads them.
	ConnectRate int

	// TLSHandshakes is how many handshakes of TLS compute at the same time: twice the number of
	// cores. The others wait, up to 1,000 of them, and no longer than Handshake.
	TLSHandshakes int
}

// withDefaults returns l with every zero replaced by its default, and every negative by zero, which
// means no limit from here on.
func (l Limits) withDefaults() Limits {
	pick(&l.Frame, apigw.MaxFrame)
	pick(&l.Message, apigw.MaxMessage)
	pick(&l.Fragments, 4096)
	pick(&l.URL, apigw.MaxURL)
	pick(&l.Idle, apigw.IdleTimeout)
	pick(&l.Life, apigw.MaxConnectionDuration)
	pick(&l.Integration, apigw.IntegrationTimeout)
	pick(&l.Handshake, 5*time.Second)
	pick(&l.Queue, 1<<20)
	if l.Memory == 0 {
		l.Memory = int(min(memory.Limit()/4, math.MaxInt))
	}
	pick(&l.Memory, 0)
	pick(&l.Write, 10*time.Second)
	pick(&l.Read, 30*time.Second)
	pick(&l.Close, 5*time.Second)
	pick(&l.Conns, 100_000)
	pick(&l.ConnsPerAddress, 1_000)
	pick(&l.ConnectRate, 500)
	pick(&l.TLSHandshakes, defaultTLSHandshakes())
	return l
}

// pick sets *v as withDefaults says.
func pick[T int | time.Duration](v *T, byDefault T) {
	switch {
	case *v == 0:
		*v = byDefault
	case *v < 0:
		*v = 0
	}
}

// faster returns l with the times that are API Gateway's divided by scale.
func (l Limits) faster(scale float64) Limits {
	if scale > 0 {
		for _, d := range []*time.Duration{&l.Idle, &l.Life, &l.Integration} {
			if *d > 0 {
				*d = max(time.Duration(float64(*d)/scale), 1) // 0 would be no limit
			}
		}
	}
	return l
}

// sweepEvery returns the intervals of the sweep, of what is about to begin or end and of all
// connections: as long as possible, and so short that time limits are exceeded by no more than
// about a tenth.
func (l Limits) sweepEvery(ping time.Duration) (every, whole time.Duration) {
	whole = shortest(2*time.Second, l.Idle/10, l.Life/10, l.Integration/10, l.Read/10, ping/10)
	every = shortest(min(whole, time.Second), l.Close/10, l.Handshake/10)
	return every, whole
}

// shortest returns the shortest of times, without those that are 0, which are no limit.
func shortest(most time.Duration, times ...time.Duration) time.Duration {
	for _, d := range times {
		if d > 0 {
			most = min(most, d)
		}
	}
	return max(most, 2*time.Millisecond)
}

// Extensions switches on what API Gateway does not do. An application that uses one of them is tied
// to this gateway. The zero value has none.
type Extensions struct {
	// Binary accepts binary messages and sends them, instead of refusing both. A POST to
	// @connections sends a binary message if its Content-Type is apigw.BinaryContentType. Not on
	// AWS.
	Binary bool

	// CloseCodes lets DELETE @connections choose the close code and reason: ?code=4001&reason=bye.
	// Not on AWS.
	CloseCodes bool

	// Ping sends a ping to every client that was silent for this long, and cuts clients that were
	// silent for twice as long. Zero sends none. Not on AWS.
	Ping time.Duration

	// Concurrency is how many messages of one client may be handled at the same time. Zero means 1:
	// one after the other, in order. With more there is no order, not even between replies and the
	// close frame for a later message that breaks a rule: that may go out first, and the replies to
	// valid messages before it are dropped. API Gateway promises neither.
	Concurrency int
}
