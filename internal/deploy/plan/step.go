package plan

import (
	"cmp"
	"context"
	"fmt"
)

// An Action is what a [Step] does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	// Record adds a resource that needs no change to the state file. It does not call AWS.
	Record Action = "record"
)

// A Step creates, updates or deletes one thing.
type Step struct {
	Action  Action   `json:"action"`
	Type    string   `json:"type"` // such as TypeFunction
	Name    string   `json:"name"` // on AWS
	Changes []Change `json:"changes,omitempty"`

	// Line is printed before the step is done, unless it is empty.
	Line string `json:"-"`
	// Resource is its entry in the state file. Without a name there is none.
	Resource Resource `json:"-"`
	// Do carries the step out, and adds to the resource what AWS has chosen.
	Do func(context.Context, *Run, *Resource) error `json:"-"`
}

// A Change is a property whose value changes. Values are for display, and never contain secrets.
type Change struct {
	Property string `json:"property"`
	From     string `json:"from"`
	To       string `json:"to"`
}

// String returns the step on one line: "update lambda_function echo-server-dev-websocket_message".
func (s Step) String() string { return fmt.Sprintf("%s %s %s", s.Action, s.Type, s.Name) }

// Deletion returns the step that deletes a recorded resource. The line that it prints has the id of
// the resource, or its name if the id is not recorded.
func Deletion(
	res Resource, name, what, id string, do func(context.Context, *Run, *Resource) error,
) Step {
	return Step{
		Action: Delete, Type: res.Type, Name: name, Resource: res,
		Line: "Deleting " + what + ": " + cmp.Or(id, name), Do: do,
	}
}
