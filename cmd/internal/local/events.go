package local

import (
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// An eventLog prints one line for each event, whether it failed or not. The gateway knows how the
// event ended, and only the Switch behind it knows the route.
type eventLog struct {
	printer *printer
	routes  sync.Map // of string, by the request id, while the event is handled
}

// routed notes the route of an event that begins.
func (l *eventLog) routed(e tyg.Event) { l.routes.Store(e.RequestID, e.Route) }

// handled prints an event that has ended.
func (l *eventLog) handled(e tyg.Event, took time.Duration, err error) {
	if route, ok := l.routes.LoadAndDelete(e.RequestID); ok {
		e.Route = route.(string)
	}
	l.printer.event(e, took, err)
}
