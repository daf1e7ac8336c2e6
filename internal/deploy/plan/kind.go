package plan

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Kind is a kind of resource: how it is checked, found, planned and deleted. Check may be nil.
type Kind struct {
	// Check adds what AWS would refuse.
	Check func(*spec.Checker, spec.Application)

	// Find asks AWS what there is. It reads only.
	Find func(context.Context, spec.Application, State) (Found, error)

	// Discover asks AWS for resources that have the name and the tag of the application, whatever it
	// declares. They are pending: their deletion looks at the tag again. It reads only, and needs the
	// application's Name and Stage; Tables and a custom domain name are looked for if it has them.
	Discover func(context.Context, spec.Application) ([]Resource, error)

	// Attached asks AWS for what belongs to resources that a state has, after all kinds have
	// discovered theirs. It reads only.
	Attached func(context.Context, spec.Application, State) ([]Resource, error)

	// Claims asks AWS for resources that have a name of the application and not its tag. It reads
	// only, and needs the application's Name and Stage.
	Claims func(context.Context, spec.Application, spec.Account) ([]Claim, error)

	// Types are the types of its resources in the state file, in the order of deletion.
	Types []ResourceType
}

// A ResourceType is a type of resources in the state file.
type ResourceType struct {
	Name   string // such as TypeTable
	Delete func(Resource) Step
	Data   bool // its resources hold data: they stay unless their deletion is asked for
}

// Found is what AWS has of one kind, as functions that plan steps. They do not call AWS. Functions
// that are nil do nothing.
type Found struct {
	// Tags are the tags of each resource that was found. The caller deletes those that tyg does not
	// manage.
	Tags []map[string]string

	// IDs adds the ids that steps of other kinds need.
	IDs func(*IDs)

	// First plans what functions need, Each plans the resources of one function, and Last plans what
	// needs functions.
	First func(*Planner)
	Each  func(*Planner, spec.Function)
	Last  func(*Planner)

	// Stale plans the deletion of what is no longer needed.
	Stale func(*Planner)
}
