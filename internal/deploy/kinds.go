package deploy

import "context"

// A kind is a kind of resource, and what a deploy does about it. Functions that are nil do nothing.
type kind struct {
	// check finds what AWS would refuse.
	check func(checker, Application)

	// find asks AWS what there is. It reads only.
	find func(*Cloud, context.Context, Application, State, *Found) error

	// first plans what the functions need, each plans what one function consists of, and last plans what
	// needs the functions.
	first func(*planner)
	each  func(*planner, Function)
	last  func(*planner)

	// stale plans the deletion of what is not needed any more.
	stale func(*planner)

	// records are the types that its resources have in the state file, in the order of deletion.
	records []record
}

// A record is a type of resources in the state file.
type record struct {
	name   string // such as TypeTable
	delete func(Resource) Step
	data   bool // it holds data, and so stays unless its deletion is asked for
}

// kinds returns all kinds, each after those that it needs: plans go forwards, deletions backwards.
func kinds() []kind {
	return []kind{
		{
			check: checker.tables,
			find:  (*Cloud).findTables, first: (*planner).tables, stale: (*planner).staleTables,
			records: []record{tableRecord()},
		},
		{
			find: (*Cloud).findRoles, each: (*planner).role, stale: (*planner).staleRoles,
			records: []record{roleRecord()},
		},
		{
			find: (*Cloud).findLogGroups, each: (*planner).logGroup, stale: (*planner).staleLogGroups,
			records: []record{logGroupRecord()},
		},
		{
			check: checker.functions,
			find:  (*Cloud).findFunctions, each: (*planner).function, last: (*planner).permissions,
			stale:   (*planner).staleFunctions,
			records: []record{functionRecord()},
		},
		{
			check: checker.api,
			find:  (*Cloud).findAPI, first: (*planner).api, last: (*planner).insideAPI,
			stale:   (*planner).staleInAPI,
			records: []record{apiRecord()},
		},
		{
			check: checker.domain,
			find:  (*Cloud).findDomain, last: (*planner).domain, stale: (*planner).staleMappings,
			records: []record{domainRecord()},
		},
	}
}
