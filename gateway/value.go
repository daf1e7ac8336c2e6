package gateway

import (
	"context"

	"github.com/tyg-dev/tyg"
)

// LoadValue returns a value of the application or of a connection, see tyg.Values.
func (s *Server) LoadValue(ctx context.Context, k tyg.ValueKey) ([]byte, tyg.Revision, error) {
	const op = "load"
	if k.Conn == "" {
		if err := s.Start(); err != nil {
			return nil, 0, err
		}
		return s.values.LoadValue(ctx, k)
	}
	c, err := s.findAttached(op, k.Conn)
	if err != nil {
		return nil, 0, err
	}
	a := c.attached.Load()
	if a == nil {
		return nil, 0, nil
	}
	data, rev, err := a.state.Load()
	return data, rev, s.wrapSendError(op, k.Conn, err)
}

// StoreValue sets a value of the application or of a connection, see tyg.Values.
func (s *Server) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	const op = "store"
	if k.Conn == "" {
		if err := s.Start(); err != nil {
			return 0, err
		}
		return s.values.StoreValue(ctx, k, data, rev)
	}
	c, err := s.findAttached(op, k.Conn)
	if err != nil {
		return 0, err
	}
	rev, err = c.attach().state.Store(data, rev)
	return rev, s.wrapSendError(op, k.Conn, err)
}
