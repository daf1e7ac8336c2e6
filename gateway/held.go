package gateway

import "context"

// Hold returns a context for callers that have several messages at hand: what is sent with it waits
// until release is called, so that all messages to one connection leave in one write. It waits no
// longer than a moment if release is not called soon. The context is for one goroutine.
func (s *Server) Hold(ctx context.Context) (held context.Context, release func()) {
	if s.Start() != nil {
		return ctx, func() {}
	}
	const small = true
	rs := s.pools.getScratch(small)
	rs.startHolding()
	e := rs.newContext()
	e.session = &s.holder // its event is of no type
	return context.WithValue(ctx, eventKey{}, e), func() {
		rs.endRead()
		s.pools.putScratch(rs, small)
	}
}
