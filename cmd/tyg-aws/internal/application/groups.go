package application

import (
	"bytes"
	"debug/elf"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// GroupUse is what a program uses of groups. Groups is also for presence, values and states.
type GroupUse struct {
	Groups, Everyone bool

	// Unsure means that the program has all methods of groups, as if a package like text/template,
	// which calls methods by their names, made the linker keep them.
	Unsure bool
}

// UseOf finds it in a program for Linux: in the names of its functions, which the Go linker keeps,
// also with -s -w, and also of functions that were inlined. A program whose names were changed
// seems to use nothing; then the key groups of the configuration decides.
func UseOf(program []byte) GroupUse {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return GroupUse{}
	}
	names := functionNames(file)
	has := func(name string) bool {
		return bytes.Contains(names, []byte("\x00github.com/tyg-dev/tyg."+name))
	}
	// App itself calls Group, to tell of presence. Each use of a group is one of the methods of it.
	methods, of := 0, []string{"Add", "AddAs", "Remove", "Send", "SendJSON", "Members", "Count"}
	for _, method := range of {
		if has("(*Group)." + method + "\x00") {
			methods++
		}
	}
	// Such as NewValue[go.shape.int]. A constructor that was inlined may have left no instruction, and
	// then a method has.
	values := has("NewValue[") || has("NewState[") || has("(*Value[") || has("(*State[")
	everyone := has("(*App).Everyone\x00")
	return GroupUse{
		Groups: methods > 0 || values || everyone, Everyone: everyone,
		Unsure: methods == len(of) && everyone,
	}
}

// functionNames returns the section with the names, each between zero bytes, or nil. In position
// independent programs it is called .data.rel.ro.gopclntab.
// (https://go.dev/src/internal/abi/symtab.go, https://go.dev/src/cmd/link/internal/ld/pcln.go)
func functionNames(file *elf.File) []byte {
	for _, section := range file.Sections {
		if !strings.HasSuffix(section.Name, ".gopclntab") {
			continue
		}
		if data, err := section.Data(); err == nil {
			return data
		}
	}
	return nil
}

// The table of groups: its logical name, and the variables that package host reads.
const (
	groupsTable      = "tyg-groups"
	groupsVariable   = "TYG_GROUPS_TABLE"
	everyoneVariable = "TYG_EVERYONE"
)

// UnsureOfGroups reports that the program may not use groups, and the configuration does not say.
func (b *Blueprint) UnsureOfGroups() bool { return b.Use.Unsure && b.At(b.Stage).Groups == nil }

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
	return append(all, deploy.Table{
		LogicalName: groupsTable, Name: name + "-" + b.Stage + "-" + groupsTable,
		Variable:     groupsVariable,
		PartitionKey: deploy.Attribute{Name: "PK", Type: "S"},
		SortKey:      deploy.Attribute{Name: "SK", Type: "S"},
		TTLAttribute: "expires",
		Actions:      []string{"DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"},
	}), nil
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
	all := map[string]string{everyoneVariable: "1"}
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
