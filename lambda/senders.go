package lambda

import (
	"context"
	"sync"

	"github.com/tyg-dev/tyg"
)

// senders finds the Sender for an event. Usually there is one; a function that serves several APIs
// or stages without an endpoint in its Config has one for each of them.
type senders struct {
	cfg   SenderConfig
	fixed tyg.Sender // if not nil, the Sender for all events

	mu         sync.Mutex
	byEndpoint map[string]tyg.Sender
	latest     tyg.Sender // of the last event that had one
}

func (s *senders) open(cfg SenderConfig) (err error) {
	if cfg.Endpoint != "" {
		s.fixed, err = NewSender(cfg)
		return err
	}
	// All senders share a client.
	cfg.HTTPClient = newHTTPClient(cfg.HTTPClient, max(cfg.Parallel, defaultParallel), maxWait)
	s.cfg = cfg
	s.byEndpoint = make(map[string]tyg.Sender)
	return nil
}

// of returns the Sender that reaches c.
func (s *senders) of(c *tyg.Conn) tyg.Sender {
	if s.fixed != nil {
		return s.fixed
	}
	cfg := s.cfg
	var err error
	if cfg.Endpoint, err = endpointOf(c, cfg.Region); err != nil {
		return lazy(func() (tyg.Sender, error) { return nil, err })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.byEndpoint[cfg.Endpoint]
	if to == nil {
		if to, err = NewSender(cfg); err != nil {
			return lazy(func() (tyg.Sender, error) { return nil, err })
		}
		s.byEndpoint[cfg.Endpoint] = to
	}
	s.latest = to
	return to
}

// outside returns the Sender for calls outside of an event: the one for all, or that of the last
// event.
func (s *senders) outside() tyg.Sender {
	if s.fixed != nil {
		return s.fixed
	}
	return lazy(func() (tyg.Sender, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.latest == nil {
			return nil, tyg.ErrUnbound
		}
		return s.latest, nil
	})
}

// lazy is a Sender that is looked up for each call, and may not be found.
type lazy func() (tyg.Sender, error)

var _ tyg.Sender = lazy(nil)

func (find lazy) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	to, err := find()
	if err != nil {
		return &tyg.ConnError{Op: opSend, ID: id, Err: err}
	}
	return to.Send(ctx, id, data, opts...)
}

func (find lazy) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	to, err := find()
	if err != nil {
		return err
	}
	return to.SendMany(ctx, ids, data, opts...)
}

func (find lazy) Close(ctx context.Context, id tyg.ConnID) error {
	to, err := find()
	if err != nil {
		return &tyg.ConnError{Op: opClose, ID: id, Err: err}
	}
	return to.Close(ctx, id)
}

func (find lazy) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	to, err := find()
	if err != nil {
		return tyg.Info{}, &tyg.ConnError{Op: opInfo, ID: id, Err: err}
	}
	return to.Info(ctx, id)
}
