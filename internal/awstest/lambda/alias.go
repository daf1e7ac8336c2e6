package lambda

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// An alias leads to a version, and a share of the events to a second one.
type alias struct {
	name, description, revision string
	version                     string
	second                      string  // empty: none
	weight                      float64 // of the second
	due                         float64 // events that the second should have had
}

func (a *alias) describe(f *function) map[string]any {
	out := map[string]any{
		"AliasArn": f.arn + ":" + a.name, "Name": a.name, "FunctionVersion": a.version,
		"Description": a.description, "RevisionId": a.revision,
	}
	if a.second != "" {
		out["RoutingConfig"] = map[string]any{
			"AdditionalVersionWeights": map[string]any{a.second: a.weight},
		}
	}
	return out
}

func noAlias(arn string) error {
	return wire.Fail(http.StatusNotFound, "ResourceNotFoundException",
		"Cannot find alias arn: %s", arn)
}

func (s *State) createAlias(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	name := in.Str("Name")
	if f.aliases[name] != nil {
		return nil, conflict("Alias already exists: %s:%s", f.arn, name)
	}
	a := &alias{name: name}
	if err := s.point(f, a, in); err != nil {
		return nil, err
	}
	f.aliases[name] = a
	return a.describe(f), nil
}

// findAlias returns the alias that an input names.
func (s *State) findAlias(in wire.Params) (*function, *alias, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, nil, err
	}
	a := f.aliases[in.Str("Name")]
	if a == nil {
		return nil, nil, noAlias(f.arn + ":" + in.Str("Name"))
	}
	return f, a, nil
}

func (s *State) getAlias(in wire.Params) (map[string]any, error) {
	f, a, err := s.findAlias(in)
	if err != nil {
		return nil, err
	}
	return a.describe(f), nil
}

func sortedAliases(f *function) []*alias {
	return slices.SortedFunc(maps.Values(f.aliases), func(a, b *alias) int {
		return strings.Compare(a.name, b.name)
	})
}

func (s *State) listAliases(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	page, next := account.Page(s.Account, sortedAliases(f), in.Num("MaxItems"), in.Str("Marker"),
		func(a *alias) string { return a.name })
	var list []any
	for _, a := range page {
		if want := in.Str("FunctionVersion"); want == "" || want == a.version {
			list = append(list, a.describe(f))
		}
	}
	return wire.WithNext(map[string]any{"Aliases": list}, "NextMarker", next), nil
}

func (s *State) updateAlias(in wire.Params) (map[string]any, error) {
	f, a, err := s.findAlias(in)
	if err != nil {
		return nil, err
	}
	if seen := in.Str("RevisionId"); seen != "" && seen != a.revision {
		return nil, stale()
	}
	changed := *a
	if err := s.point(f, &changed, in); err != nil {
		return nil, err
	}
	*a = changed
	return a.describe(f), nil
}

func (s *State) deleteAlias(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	delete(f.aliases, in.Str("Name")) // one that does not exist is no error
	delete(f.permissions, in.Str("Name"))
	delete(f.urls, in.Str("Name"))
	return nil, nil
}

// point sets what an input says of an alias. An empty list of weights removes them.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html)
func (s *State) point(f *function, a *alias, in wire.Params) error {
	if in.Has("FunctionVersion") {
		a.version = in.Str("FunctionVersion")
	}
	if a.version != latest && f.version(a.version) == nil {
		return noFunction(f.arn + ":" + a.version)
	}
	if in.Has("Description") {
		a.description = in.Str("Description")
	}
	if in.Has("RoutingConfig") {
		a.second, a.weight, a.due = "", 0, 0
		weights := in.Obj("RoutingConfig").Obj("AdditionalVersionWeights")
		if len(weights) > 1 {
			return badParameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
		}
		for number := range weights {
			a.second, a.weight = number, weights.Float(number)
		}
	}
	if err := f.checkWeights(a); err != nil {
		return err
	}
	a.revision = s.NewUUID()
	return nil
}

// checkWeights refuses a second version to which Lambda could not lead events.
func (f *function) checkWeights(a *alias) error {
	switch second := f.version(a.second); {
	case a.second == "":
		return nil
	case a.version == latest || a.second == latest:
		return badParameter("$LATEST is not supported for an alias pointing to more than 1 version")
	case a.second == a.version:
		return badParameter("Invalid function version %[1]s. Function version %[1]s is already included "+
			"in routing configuration.", a.version)
	case second == nil:
		return noFunction(f.arn + ":" + a.second)
	case second.config["Role"] != f.version(a.version).config["Role"]: // the text is not AWS's
		return badParameter("Alias routing requires all versions to have the same execution role")
	}
	return nil
}

// target returns the version that gets the next event of an alias. Of many events the second
// version gets exactly its share.
func (a *alias) target() string {
	a.due += a.weight
	if a.second == "" || a.due < 1-1e-9 {
		return a.version
	}
	a.due--
	return a.second
}
