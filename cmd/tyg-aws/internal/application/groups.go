package application

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// The table of groups: its logical name, and the variables that package host reads.
const (
	groupsTable      = "tyg-groups"
	groupsVariable   = "TYG_GROUPS_TABLE"
	registerVariable = "TYG_EVERYONE"
)

// uses returns what the program uses of groups, unless the configuration says otherwise.
func (b *Blueprint) uses() GroupUse {
	if configured := b.At(b.Stage).Groups; configured != nil {
		if *configured && !b.Use.Groups {
			return GroupUse{Groups: true, Everyone: true} // it cannot be seen what
		}
		if !*configured {
			return GroupUse{}
		}
	}
	return b.Use
}

// withGroups adds the table of groups to those of the configuration.
func (b *Blueprint) withGroups(name string, all []deploy.Table) (
	[]deploy.Table, error,
) {
	if !b.uses().Groups {
		return all, nil
	}
	for _, t := range all {
		if t.LogicalName == groupsTable || t.Variable == groupsVariable {
			return nil, fmt.Errorf("tables.%s: the name %s and the variable %s belong to the table that "+
				"tyg makes for groups; choose others", t.LogicalName, groupsTable, groupsVariable)
		}
	}
	return append(all, tableOfGroups(name+"-"+b.Stage)), nil
}

// tableOfGroups returns the table of groups. Its name on AWS begins with the prefix.
func tableOfGroups(prefix string) deploy.Table {
	return deploy.Table{
		LogicalName: groupsTable, Name: prefix + "-" + groupsTable, Variable: groupsVariable,
		PartitionKey: deploy.Attribute{Name: "PK", Type: "S"},
		SortKey:      deploy.Attribute{Name: "SK", Type: "S"},
		TTLAttribute: "expires",
		Actions:      []string{"DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
	}
}

// groupRoutes returns the keys of the routes that groups need: on $disconnect a connection leaves
// its groups, and on $connect it is registered for Everyone, or leaves them again when it is
// refused, which takes a handler.
func (b *Blueprint) groupRoutes() []string {
	use := b.uses()
	var keys []string
	if use.Everyone {
		keys = append(keys, tyg.RouteConnect)
	}
	if use.Groups {
		keys = append(keys, tyg.RouteDisconnect)
	}
	return keys
}

// groupEnvironment returns the variables of a function with what package host must know of groups
// beside the table. Those of the configuration win.
func (b *Blueprint) groupEnvironment(own map[string]string) map[string]string {
	if !b.uses().Everyone {
		return own
	}
	all := map[string]string{registerVariable: "1"}
	maps.Copy(all, own)
	return all
}

// withRoutes returns keys and those of more that are not among them.
func withRoutes(keys []string, more ...string) []string {
	for _, key := range more {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
