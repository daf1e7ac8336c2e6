package awstest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// gatewayState is what API Gateway keeps.
type gatewayState struct {
	apis    map[string]*api    // by ApiId
	domains map[string]*domain // by DomainName
	mayLog  bool               // the account has a role for the logs of stages
}

func newGatewayState() *gatewayState {
	return &gatewayState{apis: make(map[string]*api), domains: make(map[string]*domain)}
}

// resources names everything that exists. What belongs to an API goes with it and is not here.
func (s *gatewayState) resources() []string {
	var all []string
	for id, a := range s.apis {
		name, _ := a.members["Name"].(string)
		all = append(all, "apigatewayv2 api "+id+" "+name)
	}
	for name := range s.domains {
		all = append(all, "apigatewayv2 domain "+name)
	}
	return all
}

// apigatewayOperations are the operations of API Gateway that are served, by their names.
func apigatewayOperations() map[string]operation {
	all := map[string]operation{
		"CreateApi":               createAPI,
		"GetApi":                  getAPI,
		"GetApis":                 getAPIs,
		"UpdateApi":               updateAPI,
		"DeleteApi":               deleteAPI,
		"CreateDomainName":        createDomainName,
		"GetDomainName":           getDomainName,
		"GetDomainNames":          getDomainNames,
		"UpdateDomainName":        updateDomainName,
		"DeleteDomainName":        deleteDomainName,
		"TagResource":             tagGateway,
		"GetTags":                 getGatewayTags,
		"UntagResource":           untagGateway,
		"DeleteRouteSettings":     deleteRouteSettings,
		"DeleteAccessLogSettings": deleteAccessLogSettings,
	}
	for _, k := range []kind{
		integrationKind(), routeKind(), routeResponseKind(), authorizerKind(), deploymentKind(),
		stageKind(), mappingKind(),
	} {
		maps.Copy(all, k.operations())
	}
	return all
}

// A shelf has things of one kind: their members, by their identifiers. The members are never
// changed but replaced, so that a clone of a shelf is a snapshot.
type shelf map[string]map[string]any

// A kind is a kind of things that are created, read, updated and deleted alike.
type kind struct {
	name string   // "Integration"
	key  string   // the member that identifies one: "IntegrationId", which c.id makes, or "StageName"
	path []string // members that say where to find the shelf

	shelf  func(c *Cloud, in wire.Params) (shelf, error)
	finish func(c *Cloud, in wire.Params, was, is map[string]any) error // checks and completes is
	leave  func(c *Cloud, in wire.Params, was map[string]any) error     // says why it cannot go, or tidies
	live   bool                                                         // stages with AutoDeploy follow
}

func (k kind) operations() map[string]operation {
	return map[string]operation{
		"Create" + k.name:    k.create,
		"Get" + k.name:       k.get,
		"Get" + k.name + "s": k.list,
		"Update" + k.name:    k.update,
		"Delete" + k.name:    k.remove,
	}
}

func (k kind) create(c *Cloud, in wire.Params) (map[string]any, error) {
	on, err := k.shelf(c, in)
	if err != nil {
		return nil, err
	}
	id := in.Str(k.key)
	if id == "" {
		id = c.NewID()
	}
	if on[id] != nil {
		return nil, gatewayConflict("%s already exists", k.name)
	}
	is := k.members(in)
	is[k.key] = id
	if err := k.finish(c, in, nil, is); err != nil {
		return nil, err
	}
	on[id] = is
	k.follow(c, in)
	return on[id], nil
}

func (k kind) get(c *Cloud, in wire.Params) (map[string]any, error) {
	_, is, err := k.find(c, in)
	return is, err
}

func (k kind) list(c *Cloud, in wire.Params) (map[string]any, error) {
	on, err := k.shelf(c, in)
	if err != nil {
		return nil, err
	}
	return listShelf(c, on, in)
}

func (k kind) update(c *Cloud, in wire.Params) (map[string]any, error) {
	on, was, err := k.find(c, in)
	if err != nil {
		return nil, err
	}
	is := merge(was, k.members(in))
	if err := k.finish(c, in, was, is); err != nil {
		return nil, err
	}
	on[in.Str(k.key)] = is
	k.follow(c, in)
	return on[in.Str(k.key)], nil
}

func (k kind) remove(c *Cloud, in wire.Params) (map[string]any, error) {
	on, was, err := k.find(c, in)
	if err != nil {
		return nil, err
	}
	if k.leave != nil {
		if err := k.leave(c, in, was); err != nil {
			return nil, err
		}
	}
	delete(on, in.Str(k.key))
	k.follow(c, in)
	return nil, nil
}

// find returns what an input names, and the shelf it is on.
func (k kind) find(c *Cloud, in wire.Params) (shelf, map[string]any, error) {
	on, err := k.shelf(c, in)
	if err != nil {
		return nil, nil, err
	}
	is := on[in.Str(k.key)]
	if is == nil {
		return nil, nil, notThere("Invalid %s identifier specified", k.name)
	}
	return on, is, nil
}

// members returns the members of an input that belong to the thing itself.
func (k kind) members(in wire.Params) map[string]any {
	is := maps.Clone(map[string]any(in))
	delete(is, k.key)
	for _, name := range k.path {
		delete(is, name)
	}
	return is
}

// follow deploys the API to its stages with AutoDeploy if it has changed.
func (k kind) follow(c *Cloud, in wire.Params) {
	if k.live {
		c.gateway.apis[in.Str("ApiId")].autoDeploy(c)
	}
}

// listShelf answers with a page of a shelf.
func listShelf(c *Cloud, on shelf, in wire.Params) (map[string]any, error) {
	limit, err := strconv.ParseInt(in.Str("MaxResults"), 10, 64)
	if in.Has("MaxResults") && (err != nil || limit < 1) {
		return nil, badRequest("Invalid value for maxResults: %s", in.Str("MaxResults"))
	}
	ids := slices.Sorted(maps.Keys(on))
	ids, next := account.PageOfStrings(c.Account, ids, limit, in.Str("NextToken"))
	items := make([]any, len(ids))
	for i, id := range ids {
		items[i] = on[id]
	}
	return wire.WithNext(map[string]any{"Items": items}, "NextToken", next), nil
}

// merge returns was with the members of changes: structures and maps member by member, all else as
// a whole. An empty string takes an entry out of a map that is a member.
func merge(was, changes map[string]any) map[string]any {
	is := make(map[string]any)
	maps.Copy(is, was)
	for name, value := range changes {
		if m, ok := value.(map[string]any); ok {
			old, _ := was[name].(map[string]any)
			value = merge(old, m)
			maps.DeleteFunc(value.(map[string]any), func(_ string, v any) bool { return v == "" })
		}
		is[name] = value
	}
	return is
}

// complete adds members that is lacks.
func complete(is, defaults map[string]any) {
	for name, value := range defaults {
		if _, ok := is[name]; !ok {
			is[name] = value
		}
	}
}

func badRequest(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "BadRequestException", format, args...)
}

func notThere(format string, args ...any) error {
	return wire.Fail(http.StatusNotFound, "NotFoundException", format, args...)
}

func gatewayConflict(format string, args ...any) error {
	return wire.Fail(http.StatusConflict, "ConflictException", format, args...)
}
