package sock

// FD returns the descriptor of a polled Conn.
func (c *Conn) FD() int { return int(c.fd) }

// LeaderTurns returns how many turns the leaders of c's loop have run themselves.
func (c *Conn) LeaderTurns() int { return int(c.loop.turnSeq.Load() / 2) }

// Slow reports whether turns of c's loop get goroutines of their own.
func (c *Conn) Slow() bool { return c.loop.slowness.Load() > detachAbove }

// MaxIdle is how many goroutines a Poller keeps.
const MaxIdle = maxIdle

// Idle reports whether no call uses the descriptor of a polled Conn.
func (c *Conn) Idle() bool { return c.refs.Load() == 1 && c.state.Load() <= missed }
