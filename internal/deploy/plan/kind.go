package plan

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Kind is a kind of resource, and what a deploy does about it. Functions that are nil do nothing.
type Kind struct {
	// Check finds what AWS would refuse.
	Check func(*spec.Checker, spec.Application)

	// Find asks AWS what there is. It reads only.
	Find func(context.Context, spec.Application, State) (Found, error)

	// Types are those that its resources have in the state file, in the order of deletion.
	Types []ResourceType
}

// A ResourceType is a type of resources in the state file.
type ResourceType struct {
	Name   string // such as TypeTable
	Delete func(Resource) Step
	Data   bool // it holds data, and so stays unless its deletion is asked for
}

// Found is what there is of one kind, as functions that plan what to do about it. Those that are nil do
// nothing. They call nothing.
type Found struct {
	// Tags are those of everything that was found. Those of others are taken out of them.
	Tags []map[string]string

	// IDs says what the steps of other kinds need to know.
	IDs func(*IDs)

	// First plans what the functions need, Each plans what one function consists of, and Last plans what
	// needs the functions.
	First func(*Planner)
	Each  func(*Planner, spec.Function)
	Last  func(*Planner)

	// Stale plans the deletion of what is not needed any more.
	Stale func(*Planner)
}
