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
	fixed *Sender // if not nil, the Sender for all events

	mu         sync.Mutex
	byEndpoint map[string]*Sender
	latest     *Sender // of the last event that had one
}

func (s *senders) open(cfg SenderConfig) (err error) {
	if cfg.Endpoint != "" {
		s.fixed, err = NewSender(cfg)
		return err
	}
	// All senders share a client.
	cfg.HTTPClient = newHTTPClient(cfg.HTTPClient, max(cfg.Parallel, defaultParallel), maxWait)
	s.cfg = cfg
	s.byEndpoint = make(map[string]*Sender)
	return nil
}

// of returns the Sender that reaches c.
func (s *senders) of(c *tyg.Conn) tyg.Sender {
	if s.fixed != nil {
		return s.fixed
	}
	endpoint, err := endpointOf(c, s.cfg.Region)
	var to *Sender
	if err == nil {
		to, err = s.at(endpoint)
	}
	if err != nil {
		return lazy(func() (tyg.Sender, error) { return nil, err })
	}
	return to
}

// at returns the Sender for the API at an endpoint.
func (s *senders) at(endpoint string) (*Sender, error) {
	if s.fixed != nil {
		return s.fixed, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.byEndpoint[endpoint]
	if to == nil {
		cfg := s.cfg
		cfg.Endpoint = endpoint
		var err error
		if to, err = NewSender(cfg); err != nil {
			return nil, err
		}
		s.byEndpoint[endpoint] = to
	}
	s.latest = to
	return to, nil
}

// current returns the Sender for calls outside of an event: the one for all, or that of the last
// event.
func (s *senders) current() (*Sender, error) {
	if s.fixed != nil {
		return s.fixed, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		return nil, tyg.ErrUnbound
	}
	return s.latest, nil
}

// outside returns current, to be looked up for each call.
func (s *senders) outside() tyg.Sender {
	if s.fixed != nil {
		return s.fixed
	}
	return lazy(func() (tyg.Sender, error) {
		to, err := s.current()
		if err != nil {
			return nil, err
		}
		return to, nil
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
