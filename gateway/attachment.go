package gateway

import (
	"net/http"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/connid"
	"github.com/tyg-dev/tyg/internal/groups"
	"github.com/tyg-dev/tyg/internal/values"
)

// An attachment is what the application has attached to a connection: its groups and its state.
// Most connections have none.
type attachment struct {
	groups groups.Conn[*session]
	state  values.One
	trace  http.Header // of the handshake, see traceOf; nil: it had none
}

func (s *Server) initAttachments() {
	s.groups.Init()
	s.detached = new(attachment)
	s.groups.End(&s.detached.groups)
	s.detached.state.End()
}

// attach returns the attachment of c, and makes it if there is none.
func (c *session) attach() *attachment {
	if a := c.attached.Load(); a != nil {
		return a
	}
	a := new(attachment)
	if c.opened.Load() {
		c.srv.groups.Open(&a.groups) // before another caller adds to it
	}
	if !c.attached.CompareAndSwap(nil, a) {
		return c.attached.Load()
	}
	if c.opened.Load() {
		c.srv.groups.Open(&a.groups) // openGroups may have found no attachment
	}
	return a
}

// openGroups makes a connection that was accepted a member of the groups that connect added it to.
func (c *session) openGroups() {
	if a := c.attached.Load(); a != nil {
		c.srv.groups.Open(&a.groups)
	}
}

// detach removes the attachment of a connection that is over, and lets it have no other.
func (c *session) detach() {
	if a := c.attached.Swap(c.srv.detached); a != nil {
		a.state.End()
	}
}

// leaveGroups ends the memberships of a connection that has ended, and returns those that the
// application is to be told of. The connection's state stays for the disconnect handler, until
// detach.
func (c *session) leaveGroups() []tyg.Membership {
	if c.attached.CompareAndSwap(nil, c.srv.detached) {
		return nil
	}
	left := c.srv.groups.End(&c.attached.Load().groups)
	if !c.srv.leaves {
		return nil
	}
	return left
}

// tellLeave tells the application of a membership that has ended.
func (c *session) tellLeave(m tyg.Membership) {
	now := time.Now()
	_, _ = c.callHandler(nil, &tyg.Event{ // callHandler has logged the error
		Type:       tyg.EventLeave,
		Route:      tyg.RouteLeave,
		RequestID:  connid.EventID(c.conn.ID, connid.Leave(m.Group, m.Member.JoinedAt)),
		Time:       now,
		Conn:       &c.conn,
		Membership: &m,
	}, now)
}

// findAttached returns the session of id, open or still connecting, for the operation op.
func (s *Server) findAttached(op string, id tyg.ConnID) (*session, error) {
	if err := s.Start(); err != nil {
		return nil, err
	}
	if c := s.hub.get(id); c != nil {
		return c, nil
	}
	if c := s.connecting.get(id); c != nil {
		return c, nil
	}
	if c := s.hub.get(id); c != nil { // it has opened in between
		return c, nil
	}
	if !apigw.ValidID(id) {
		return nil, s.connError(op, id, tyg.ErrInvalidID)
	}
	return nil, s.connError(op, id, tyg.ErrGone)
}
