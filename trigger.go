package tyg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A TriggerFunc handles an event that comes from no connection: a batch of a queue or a stream, a
// tick of a schedule, a notification, a request. Package trigger makes one of functions for each
// kind of source. event is the JSON that AWS Lambda would hand over, and is valid until the
// function returns; the reply is encoded as JSON, nil as null.
type TriggerFunc func(ctx context.Context, event json.RawMessage) (reply any, err error)

// ErrNoTrigger means that an application has no handler for a trigger of a name.
var ErrNoTrigger = errors.New("the application has no handler for this trigger")

// maxTriggerName is the longest name of a trigger: on AWS, the application and the stage are in
// front of it, and 64 characters are all that a function may have.
const maxTriggerName = 32

var triggerPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// OnTrigger registers the handler of a trigger. The configuration of the project says where its
// events come from, under the same name in "triggers". The handler reaches clients by [App.Sender],
// groups and values, on every host.
//
// Inside Lambda and under "tyg local" the handler is called. A program that serves in its own
// process ([github.com/tyg-dev/tyg/host.Serve]) has no such sources, and says so at its start.
// Middleware is not called: there is no connection.
//
// A name has a letter, then letters, digits, - and _, 32 at most, and does not begin with
// "websocket", which begins the names of tyg's own functions. Another name panics, and so does a
// second registration.
func (a *App) OnTrigger(name string, fn TriggerFunc) {
	switch {
	case !ValidTriggerName(name):
		panic(fmt.Sprintf("tyg: trigger %q: a name has a letter, then letters, digits, - and _, "+
			"%d at most, and does not begin with websocket", name, maxTriggerName))
	case fn == nil:
		panic(fmt.Sprintf("tyg: nil handler for trigger %q", name))
	case a.triggers[name] != nil:
		panic(fmt.Sprintf("tyg: trigger %q has a handler already", name))
	}
	if a.triggers == nil {
		a.triggers = make(map[string]TriggerFunc)
	}
	a.triggers[name] = fn
}

// ValidTriggerName reports whether [App.OnTrigger] takes a name.
func ValidTriggerName(name string) bool {
	return len(name) <= maxTriggerName && triggerPattern.MatchString(name) &&
		!strings.HasPrefix(strings.ToLower(name), "websocket")
}

// HandleTrigger calls the handler of a trigger and returns its reply as JSON. The error is
// [ErrNoTrigger] if there is none. Hosts call it.
func (a *App) HandleTrigger(
	ctx context.Context, name string, event json.RawMessage,
) (json.RawMessage, error) {
	fn := a.triggers[name]
	if fn == nil {
		known := slices.Sorted(maps.Keys(a.triggers))
		return nil, fmt.Errorf("trigger %q: %w; it has %q", name, ErrNoTrigger, known)
	}
	reply, err := fn(ctx, event)
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(reply)
	if err != nil {
		return nil, fmt.Errorf("encode the reply to trigger %q: %w", name, err)
	}
	return out, nil
}
