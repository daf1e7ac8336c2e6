package load

import (
	"bytes"
	"runtime/debug"
)

// holdBurst is the number of connections that Hold uses at the same time. It is small, so that the
// server's memory afterwards is that of idle connections and not of a burst.
const holdBurst = 512

// Hold opens connections, lets each echo one message, and leaves them open and silent. The caller
// closes them.
func Hold(cfg Config) (closeAll func(), err error) {
	l, err := newClient(cfg)
	if err != nil {
		return nil, err
	}
	l.prepareEcho()
	if err := l.open(); err != nil {
		l.close()
		return nil, err
	}
	if err := l.echoOnce(); err != nil {
		l.close()
		return nil, err
	}
	debug.FreeOSMemory()
	return l.close, nil
}

// echoOnce sends one message on each connection and waits for all of them.
func (l *client) echoOnce() error {
	for first := 0; first < len(l.conns); first += holdBurst {
		burst := l.conns[first:min(first+holdBurst, len(l.conns))]
		t := &echoesLeft{left: len(burst)}
		for _, c := range burst {
			c.sent.at = make([]int64, 1)
			if err := c.send(1, l.now()); err != nil {
				return err
			}
		}
		if err := l.run(t, func(int64) bool { return t.left == 0 }); err != nil {
			return err
		}
		for _, c := range burst {
			c.sent.at = nil
		}
	}
	l.buf = bytes.Clone(l.buf[:1]) // from here on the process only waits
	return nil
}

// echoesLeft is traffic that counts the echoes that have not arrived.
type echoesLeft struct{ left int }

func (*echoesLeft) tick(int64) (int, error) { return 100, nil }

func (t *echoesLeft) arrived(c *conn, n int, now int64) error {
	t.left -= n
	return c.echoed(n, now)
}
