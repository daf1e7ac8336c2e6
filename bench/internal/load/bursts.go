package load

// Bursts sends n bursts, each after the answer to the one before: Depth messages on one connection,
// or with room one message to the room. An observer counts what the server does for each burst.
// Result has no CPU times.
func Bursts(cfg Config, n int, room bool) (Result, error) {
	l, err := newClient(cfg)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	l.prepareEcho()
	l.room = room
	if err := l.open(); err != nil {
		return Result{}, err
	}
	run := l.burst
	if room {
		run = l.burstRoom
	}
	if err := run(1); err != nil { // the first burst is not measured
		return Result{}, err
	}
	l.messages = 0
	if err := l.ready(); err != nil {
		return Result{}, err
	}
	if err := run(n); err != nil {
		return Result{}, err
	}
	return Result{Messages: l.messages}, nil
}

func (l *client) burst(n int) error {
	c := l.conns[0]
	c.sent.at = make([]int64, l.Depth)
	for range n {
		t := &echoesLeft{left: l.Depth}
		if err := c.send(l.Depth, l.now()); err != nil {
			return err
		}
		if err := l.run(t, func(int64) bool { return t.left == 0 }); err != nil {
			return err
		}
	}
	return nil
}

func (l *client) burstRoom(n int) error {
	r, err := newRoom(l)
	if err != nil {
		return err
	}
	r.most = uint64(n)
	for _, c := range l.conns {
		c.got = 0
	}
	return l.run(r, func(int64) bool { return r.ended == r.most })
}
