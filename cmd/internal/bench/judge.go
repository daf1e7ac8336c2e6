package bench

import (
	"context"
	"errors"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// An Expectation is what a server does with a message.
type Expectation string

// What a server can do.
const (
	Echo    Expectation = "echo"    // it sends the message back as it is
	Answer  Expectation = "answer"  // its answer has the id of the message
	ToGroup Expectation = "group"   // it sends something with the id to the group
	Nothing Expectation = "nothing" // no answer can be told from others
)

// probeTime is how long the answer to the first message may take.
const probeTime = 2 * time.Second

// probe finds out what the server does, with a message of the first connection.
func (r *run) probe(ctx context.Context) error {
	if r.Groups > 0 {
		r.expect = ToGroup
		return nil
	}
	r.expect = Nothing
	ctx, cancel := context.WithTimeout(ctx, min(probeTime, r.Timeout))
	defer cancel()
	c := r.clients[0]
	const first = -1 // no number of the load
	if err := c.conn.Write(ctx, ws.OpText, []byte(c.message(first))); err != nil {
		return err
	}
	for {
		_, data, err := c.conn.Read(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return nil
		case err != nil:
			return err
		case string(data) == c.message(first):
			r.expect = Echo
			return nil
		}
		if _, n, ok := parseID(data); ok && n == first {
			r.expect = Answer
			return nil
		}
	}
}

// judge counts a message that has come.
func (c *client) judge(data []byte, now time.Time) {
	index, n, ok := parseID(data)
	switch {
	case !ok || n < 0:
		c.r.tally.other()
		return
	case index >= c.r.Connections, c.r.expect != ToGroup && index != c.index,
		c.r.expect == ToGroup && index%c.r.Groups != c.group():
		c.r.tally.wrong("a message that was for another connection")
		return
	}
	of := c.came[index]
	if of == nil {
		of = new(sequence)
		c.came[index] = of
	}
	twice, early := of.add(n)
	if twice {
		c.r.tally.wrong("a message that came twice")
		return
	}
	if c.r.expect == Echo && string(data) != c.message(n) {
		c.r.tally.wrong("a message that was changed")
	}
	c.r.tally.record(now.Sub(c.r.due(index, n)), early)
}
