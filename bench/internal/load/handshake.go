package load

import "time"

// Handshake opens connections and closes them as soon as they are open, Parallel at a time. Conns
// is not used.
func Handshake(cfg Config) (Result, error) {
	cfg.Conns = max(cfg.Parallel, 1)
	l, err := newClient(cfg)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	if err := l.open(); err != nil {
		return Result{}, err
	}
	for _, c := range l.conns {
		if err := c.reconnect(); err != nil {
			return Result{}, err
		}
	}
	r, err := l.measured(l.openAndClose)
	r.Resumed = l.resumed
	return r, err
}

// openAndClose opens and closes connections for d.
func (l *client) openAndClose(d time.Duration) error {
	end := l.now() + int64(d)
	for l.now() < end {
		if _, err := l.advance(); err != nil {
			return err
		}
		for _, c := range l.conns {
			if c.state != open {
				continue
			}
			l.latency.Add(l.now() - c.dialed)
			l.messages++
			if c.secure != nil && c.secure.ConnectionState().DidResume {
				l.resumed++
			}
			if err := c.reconnect(); err != nil {
				return err
			}
		}
	}
	return nil
}

// reconnect resets the connection and dials a new one.
func (c *conn) reconnect() error {
	if err := c.reset(); err != nil {
		return err
	}
	return c.dial()
}
