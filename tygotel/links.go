package tygotel

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// Links keeps the span of each connection's connect, as a W3C traceparent, where other processes
// find it. Its methods may be called at the same time.
type Links interface {
	Save(ctx context.Context, id tyg.ConnID, traceparent string) error

	// Load returns "" for a connection that it does not know.
	Load(ctx context.Context, id tyg.ConnID) (string, error)
}

// GroupLinks keeps links as members of groups, one group for each connection, which ends with it.
// It is for AWS Lambda, where each event may come to another process: there it costs a write for
// each connection and a read for each event of DynamoDB, so it is not the default. The disconnect
// has no link, because memberships end before it. The handlers of joins and leaves do not see these
// groups.
func GroupLinks(app *tyg.App) Links { return groupLinks{app} }

type groupLinks struct{ app *tyg.App }

// linkGroup begins the names of the groups.
const linkGroup = "tygotel/"

func (l groupLinks) Save(ctx context.Context, id tyg.ConnID, traceparent string) error {
	return l.app.Group(linkGroup+string(id)).AddAs(ctx, id, traceparent)
}

func (l groupLinks) Load(ctx context.Context, id tyg.ConnID) (string, error) {
	for m, err := range l.app.Group(linkGroup + string(id)).Members(ctx) {
		if err != nil {
			return "", err
		}
		var traceparent string
		err = json.Unmarshal(m.Info, &traceparent)
		return traceparent, err
	}
	return "", nil
}

// isLink reports whether an event is about a group of GroupLinks.
func isLink(e *tyg.Event) bool {
	return e.Membership != nil && strings.HasPrefix(e.Membership.Group, linkGroup)
}

// w3c writes and reads links, whatever Config.Propagator is.
var w3c propagation.TraceContext

// saveLink saves the span of ctx, of a connection that was accepted.
func (in *instrument) saveLink(ctx context.Context, id tyg.ConnID) {
	if in.Links == nil || !trace.SpanContextFromContext(ctx).IsSampled() {
		return
	}
	h := make(http.Header)
	w3c.Inject(ctx, propagation.HeaderCarrier(h))
	if err := in.Links.Save(ctx, id, h.Get("Traceparent")); err != nil {
		otel.Handle(err)
	}
}

func (in *instrument) loadLink(ctx context.Context, id tyg.ConnID) trace.SpanContext {
	traceparent, err := in.Links.Load(ctx, id)
	if err != nil {
		otel.Handle(err)
	}
	h := make(http.Header)
	h.Set("Traceparent", traceparent)
	ctx = w3c.Extract(context.Background(), propagation.HeaderCarrier(h))
	return trace.SpanContextFromContext(ctx)
}
