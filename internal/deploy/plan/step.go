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
	// Record writes a resource that is as it should be into the state file, and does nothing on AWS.
	Record Action = "record"
)

// A Step creates, updates or deletes one thing.
type Step struct {
	Action  Action   `json:"action"`
	Type    string   `json:"type"` // such as TypeFunction
	Name    string   `json:"name"` // as AWS calls it
	Changes []Change `json:"changes,omitempty"`

	// Line is printed before the step is done, unless it is empty.
	Line string `json:"-"`
	// Resource is what the state file says of it. Without a name it says nothing.
	Resource Resource `json:"-"`
	// Do carries the step out. It completes the resource with what only AWS knows.
	Do func(context.Context, *Run, *Resource) error `json:"-"`
}

// A Change is a property with another value. Values are for people; secrets are not in them.
type Change struct {
	Property string `json:"property"`
	From     string `json:"from"`
	To       string `json:"to"`
}

// String says what the step is, on one line: "update lambda_function echo-server-dev-websocket_message".
func (s Step) String() string { return fmt.Sprintf("%s %s %s", s.Action, s.Type, s.Name) }

// Deletion returns the step that deletes a recorded resource. The line that it prints has the id of the
// resource, or its name if the id is not recorded.
func Deletion(
	res Resource, name, what, id string, do func(context.Context, *Run, *Resource) error,
) Step {
	return Step{
		Action: Delete, Type: res.Type, Name: name, Resource: res,
		Line: "Deleting " + what + ": " + cmp.Or(id, name), Do: do,
	}
}
