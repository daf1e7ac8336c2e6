package apigateway

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A collection has the resources of one kind: their members, by their identifiers. The members are
// never changed but replaced, so that a clone of a collection is a snapshot.
type collection map[string]map[string]any

// A kind is a kind of resource that is created, read, updated and deleted like the others.
type kind struct {
	state *State
	name  string   // "Integration"
	key   string   // the member that identifies one: "IntegrationId", which is made, or "StageName"
	path  []string // the members that say which collection

	collection func(in wire.Params) (collection, error)
	// prepare checks and completes the members of a new resource, whose old members are nil, or of a
	// changed one.
	prepare func(in wire.Params, old map[string]any, members wire.Params) error
	// beforeDelete returns an error if the resource cannot be deleted; nil allows every deletion.
	beforeDelete func(in wire.Params, old map[string]any) error
	autoDeploys  bool // a change deploys the API to its stages with AutoDeploy
}

func (k kind) operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"Create" + k.name:    k.create,
		"Get" + k.name:       k.get,
		"Get" + k.name + "s": k.list,
		"Update" + k.name:    k.update,
		"Delete" + k.name:    k.remove,
	}
}

func (k kind) create(in wire.Params) (map[string]any, error) {
	all, err := k.collection(in)
	if err != nil {
		return nil, err
	}
	id := in.Str(k.key)
	if id == "" {
		id = k.state.NewID()
	}
	if all[id] != nil {
		return nil, conflict("%s already exists", k.name)
	}
	members := k.members(in)
	members[k.key] = id
	if err := k.prepare(in, nil, members); err != nil {
		return nil, err
	}
	all[id] = members
	k.redeploy(in)
	return all[id], nil
}

func (k kind) get(in wire.Params) (map[string]any, error) {
	_, members, err := k.find(in)
	return members, err
}

func (k kind) list(in wire.Params) (map[string]any, error) {
	all, err := k.collection(in)
	if err != nil {
		return nil, err
	}
	return k.state.listCollection(all, in)
}

func (k kind) update(in wire.Params) (map[string]any, error) {
	all, old, err := k.find(in)
	if err != nil {
		return nil, err
	}
	members := merge(old, k.members(in))
	if err := k.prepare(in, old, members); err != nil {
		return nil, err
	}
	all[in.Str(k.key)] = members
	k.redeploy(in)
	return all[in.Str(k.key)], nil
}

func (k kind) remove(in wire.Params) (map[string]any, error) {
	all, old, err := k.find(in)
	if err != nil {
		return nil, err
	}
	if k.beforeDelete != nil {
		if err := k.beforeDelete(in, old); err != nil {
			return nil, err
		}
	}
	delete(all, in.Str(k.key))
	k.redeploy(in)
	return nil, nil
}

// find returns the members of the resource that an input names, and its collection.
func (k kind) find(in wire.Params) (collection, map[string]any, error) {
	all, err := k.collection(in)
	if err != nil {
		return nil, nil, err
	}
	members := all[in.Str(k.key)]
	if members == nil {
		return nil, nil, notFound("Invalid %s identifier specified", k.name)
	}
	return all, members, nil
}

// members returns the members of an input that belong to the resource itself.
func (k kind) members(in wire.Params) map[string]any {
	members := maps.Clone(map[string]any(in))
	delete(members, k.key)
	for _, name := range k.path {
		delete(members, name)
	}
	return members
}

// redeploy deploys the API to its stages with AutoDeploy if it has changed.
func (k kind) redeploy(in wire.Params) {
	if k.autoDeploys {
		k.state.apis[in.Str("ApiId")].autoDeploy(k.state)
	}
}

// listCollection returns a page of a collection.
func (s *State) listCollection(all collection, in wire.Params) (map[string]any, error) {
	limit, err := strconv.ParseInt(in.Str("MaxResults"), 10, 64)
	if in.Has("MaxResults") && (err != nil || limit < 1) {
		return nil, badRequest("Invalid value for maxResults: %s", in.Str("MaxResults"))
	}
	ids := slices.Sorted(maps.Keys(all))
	ids, next := account.PageOfStrings(s.Account, ids, limit, in.Str("NextToken"))
	items := make([]any, len(ids))
	for i, id := range ids {
		items[i] = all[id]
	}
	return wire.WithNext(map[string]any{"Items": items}, "NextToken", next), nil
}

// merge returns old with the members of changes: structures and maps member by member, all else as
// a whole. An empty string takes an entry out of a map that is a member.
func merge(old, changes map[string]any) map[string]any {
	merged := make(map[string]any)
	maps.Copy(merged, old)
	for name, value := range changes {
		if m, ok := value.(map[string]any); ok {
			oldValue, _ := old[name].(map[string]any)
			value = merge(oldValue, m)
			maps.DeleteFunc(value.(map[string]any), func(_ string, v any) bool { return v == "" })
		}
		merged[name] = value
	}
	return merged
}

// complete adds the defaults that members lack.
func complete(members, defaults map[string]any) {
	for name, value := range defaults {
		if _, ok := members[name]; !ok {
			members[name] = value
		}
	}
}

func badRequest(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "BadRequestException", format, args...)
}

func notFound(format string, args ...any) error {
	return wire.Fail(http.StatusNotFound, "NotFoundException", format, args...)
}

func conflict(format string, args ...any) error {
	return wire.Fail(http.StatusConflict, "ConflictException", format, args...)
}
