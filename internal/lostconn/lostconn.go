// Package lostconn has what is kept of connections in case their process is killed, and the events
// that another process then tells the application.
package lostconn

import (
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// ReasonLost is the reason of the disconnect, with code 1006, of a connection whose process was
// killed.
const ReasonLost = "Node lost"

// A Conn is what is kept of a connection: a tyg.Conn without its Sender.
type Conn struct {
	ID             tyg.ConnID        `json:"id"`
	ConnectedAt    time.Time         `json:"connected_at"`
	SourceIP       string            `json:"source_ip,omitempty"`
	UserAgent      string            `json:"user_agent,omitempty"`
	Domain         string            `json:"domain,omitempty"`
	Stage          string            `json:"stage,omitempty"`
	APIID          string            `json:"api_id,omitempty"`
	StageVariables map[string]string `json:"stage_variables,omitempty"`
	Identity       tyg.Identity      `json:"identity,omitzero"`
}

// Of returns what is kept of a connection.
func Of(c *tyg.Conn) Conn {
	return Conn{
		ID: c.ID, ConnectedAt: c.ConnectedAt, SourceIP: c.SourceIP, UserAgent: c.UserAgent,
		Domain: c.Domain, Stage: c.Stage, APIID: c.APIID, StageVariables: c.StageVariables,
		Identity: c.Identity,
	}
}

// Disconnect returns the event that ends the connection, without a time. Its id is the one that
// the process of the connection would have told.
func (c Conn) Disconnect(s tyg.Sender) tyg.Event {
	return tyg.Event{
		Type: tyg.EventDisconnect, Route: tyg.RouteDisconnect,
		RequestID: connid.EventID(c.ID, connid.Disconnect),
		Conn: &tyg.Conn{
			ID: c.ID, Sender: s, ConnectedAt: c.ConnectedAt, SourceIP: c.SourceIP,
			UserAgent: c.UserAgent, Domain: c.Domain, Stage: c.Stage, APIID: c.APIID,
			StageVariables: c.StageVariables, Identity: c.Identity,
		},
		Disconnect: tyg.Disconnect{Code: tyg.CloseAbnormal, Reason: ReasonLost},
	}
}

// A Member is what is kept of a membership.
type Member struct {
	Group  string     `json:"group"`
	Member tyg.Member `json:"member"`
}

// Leave returns the event that ends the membership, without a time.
func (m Member) Leave(s tyg.Sender) tyg.Event {
	return tyg.Event{
		Type: tyg.EventLeave, Route: tyg.RouteLeave,
		RequestID:  connid.EventID(m.Member.ID, connid.Leave(m.Group, m.Member.JoinedAt)),
		Conn:       &tyg.Conn{ID: m.Member.ID, Sender: s},
		Membership: &tyg.Membership{Group: m.Group, Member: m.Member},
	}
}
