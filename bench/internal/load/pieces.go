package load

import (
	"errors"
	"slices"
	"time"
)

// Pieces sends messages in writes of Piece bytes, each message after the answer to the one before,
// to one connection after the other.
func Pieces(cfg Config) (Result, error) {
	l, err := newClient(cfg)
	if err != nil {
		return Result{}, err
	}
	defer l.close()
	if cfg.Piece < 1 || cfg.Depth > 1 || cfg.TLS != nil {
		return Result{}, errors.New("pieces need a size, and neither depth nor TLS")
	}
	l.prepareEcho()
	if err := l.open(); err != nil {
		return Result{}, err
	}
	for _, c := range l.conns {
		c.sent.at = make([]int64, 1)
	}
	if err := l.ready(); err != nil {
		return Result{}, err
	}
	return l.measured(l.sendPieces)
}

// sendPieces sends whole messages for d or a little longer.
func (l *client) sendPieces(d time.Duration) error {
	for i, end := 0, l.now()+int64(d); l.now() < end; i++ {
		c := l.conns[i%len(l.conns)]
		c.sent.push(l.now())
		t := &echoesLeft{left: 1}
		for piece := range slices.Chunk(l.frames, l.Piece) {
			if err := c.writeRaw(piece); err != nil {
				return err
			}
			if err := l.run(t, func(int64) bool { return !c.blocked }); err != nil {
				return err
			}
		}
		if err := l.run(t, func(int64) bool { return t.left == 0 }); err != nil {
			return err
		}
	}
	return nil
}
