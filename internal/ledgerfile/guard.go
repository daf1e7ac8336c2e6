package ledgerfile

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/lograte"
)

// Guard makes srv, which has not started, note its connections in f. Set all fields of srv before:
// Guard wraps Handler, and sets Host. An application that handles neither disconnects nor leaves
// costs nothing.
func (f *File) Guard(srv *gateway.Server) {
	d := tyg.Describe(srv.Handler)
	if !d.Leave && !has(d, tyg.RouteDisconnect) {
		return
	}
	g := &guard{file: f, next: srv.Handler, handled: d}
	g.lines.Lines, g.lines.Window = 1, refusalWindow
	srv.Handler = g
	if d.Leave {
		srv.Host = &members{srv, f}
	}
}

// refusalWindow is how often a log says that handshakes are refused.
const refusalWindow = 10 * time.Second

// A guard is the Handler of a gateway with a File. It notes each connection before its connect
// handler runs, and its end when its disconnect handler has returned.
type guard struct {
	file    *File
	next    tyg.Handler
	handled tyg.Description // of next
	lines   lograte.Limiter // of handshakes that are refused
}

var _ tyg.Handler = (*guard)(nil)

func has(d tyg.Description, key string) bool { return slices.Contains(d.Keys(), key) }

// Describe returns what next says of itself, with connect and disconnect among its routes.
func (g *guard) Describe() tyg.Description {
	d := g.handled
	d.Routes = slices.Clone(d.Routes)
	for _, key := range []string{tyg.RouteConnect, tyg.RouteDisconnect} {
		if !has(d, key) {
			d.Routes = append(d.Routes, tyg.Route{Key: key})
		}
	}
	return d
}

// Bind binds next.
func (g *guard) Bind(host tyg.Host) { tyg.Bind(g.next, host) }

// Bound returns the host as next reaches it.
func (g *guard) Bound() tyg.Host { return tyg.Bound(g.next, nil) }

// Handle handles an event.
func (g *guard) Handle(ctx context.Context, e tyg.Event) (r tyg.Reply, err error) {
	switch e.Type {
	case tyg.EventConnect:
		return g.connect(ctx, e)
	case tyg.EventDisconnect:
		// Also after a panic, which the gateway reports: the handler has run.
		defer g.file.End(e.Conn.ID)
		if !has(g.handled, tyg.RouteDisconnect) {
			return r, nil
		}
	}
	return g.next.Handle(ctx, e)
}

func (g *guard) connect(ctx context.Context, e tyg.Event) (r tyg.Reply, err error) {
	if err := g.file.Connect(e.Conn); err != nil {
		if ok, more := g.lines.Allow("refused", time.Now()); ok {
			g.file.log.Error("handshake refused: its connection cannot be noted", "conn", e.Conn.ID,
				"err", err, "others", more)
		}
		return r, tyg.Reject(http.StatusServiceUnavailable, "Service Unavailable")
	}
	accepted := false
	defer func() { // also after a panic
		if !accepted || ctx.Err() != nil {
			g.file.End(e.Conn.ID)
		}
	}()
	if has(g.handled, tyg.RouteConnect) {
		r, err = g.next.Handle(ctx, e)
	}
	accepted = err == nil && (r.Status == 0 || r.Status >= 200 && r.Status <= 299)
	return r, err
}

// members is the Host of a gateway with a File. It notes who is in which group.
type members struct {
	*gateway.Server
	file *File
}

var _ tyg.Host = (*members)(nil)

// Gateway returns the gateway, for what wraps a Host.
func (m *members) Gateway() *gateway.Server { return m.Server }

// AddToGroup makes a connection a member, see tyg.Groups. It fails if that cannot be noted.
func (m *members) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	member, added, err := m.Server.AddToGroup(ctx, group, id, info)
	if err != nil {
		return member, added, err
	}
	if err := m.file.Join(group, member); err != nil {
		if added {
			_, _, _ = m.Server.RemoveFromGroup(ctx, group, id) // it fails if the connection is over
		}
		return tyg.Member{}, false, &tyg.ConnError{Op: "add", ID: id, Err: tyg.ErrUnavailable}
	}
	return member, added, nil
}

// RemoveFromGroup ends a membership, see tyg.Groups.
func (m *members) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	member, removed, err := m.Server.RemoveFromGroup(ctx, group, id)
	if err == nil && removed {
		m.file.Leave(group, id)
	}
	return member, removed, err
}
