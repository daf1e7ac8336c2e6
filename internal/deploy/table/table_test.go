package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// oneTable is an application with one table, and a table on AWS that is as it should be.
func oneTable() (spec.Application, map[string]foundTable) {
	app := spec.Application{Name: "chat", Stage: "dev", Tables: []spec.Table{{
		LogicalName: "rooms", Name: "chat-dev-rooms",
		PartitionKey: spec.Attribute{Name: "PK"}, SortKey: spec.Attribute{Name: "SK"},
		Indexes: []spec.Index{{
			Name: "reverse", PartitionKey: spec.Attribute{Name: "SK"}, SortKey: spec.Attribute{
				Name: "PK",
				Type: "S",
			},
		}},
		TTLAttribute: "expires",
	}}}
	pk, sk := spec.Attribute{Name: "PK", Type: "S"}, spec.Attribute{Name: "SK", Type: "S"}
	return app, map[string]foundTable{"chat-dev-rooms": {
		arn: "arn", status: types.TableStatusActive, key: spec.Key{Partition: pk, Sort: sk},
		indexes: map[string]foundIndex{"reverse": {
			key: spec.Key{Partition: sk, Sort: pk}, projection: types.ProjectionTypeAll,
			status: types.IndexStatusActive,
		}},
		ttl: "expires", ttlStatus: types.TimeToLiveStatusEnabled, tags: app.ResourceTags(nil),
	}}
}

// changeTable changes what was found.
func changeTable(found map[string]foundTable, change func(*foundTable)) map[string]foundTable {
	found = maps.Clone(found)
	for name, have := range found {
		have.indexes = maps.Clone(have.indexes)
		change(&have)
		found[name] = have
	}
	return found
}

func plannedTables(app spec.Application, found map[string]foundTable, state plan.State) *planner {
	b := &planner{Planner: &plan.Planner{App: app, State: state}, found: found}
	b.tables()
	b.staleTables()
	return b
}

func recordedTable(change func(*plan.Resource)) plan.State {
	res := plan.Resource{Name: "rooms", Type: plan.TypeTable, TableName: "chat-dev-rooms"}
	if change != nil {
		change(&res)
	}
	var s plan.State
	s.Put(res)
	return s
}

func TestUnchangedTableNeedsNoStep(t *testing.T) {
	app, found := oneTable()
	b := plannedTables(app, found, recordedTable(nil))
	if len(b.Steps)+len(b.Warnings)+len(b.Conflicts) > 0 {
		t.Errorf("steps %v, warnings %q, conflicts %v; want none", b.Steps, b.Warnings, b.Conflicts)
	}
}

func TestTableChanges(t *testing.T) {
	for _, test := range []struct {
		name   string
		want   func(*spec.Table)
		have   func(*foundTable)
		change string
		call   string
	}{
		{
			name: "being made", have: func(f *foundTable) { f.status = types.TableStatusCreating },
			change: "status: CREATING -> ACTIVE",
		},
		{
			name: "index being made",
			have: func(f *foundTable) {
				i := f.indexes["reverse"]
				i.status = types.IndexStatusCreating
				f.indexes["reverse"] = i
			},
			change: "status of index reverse: CREATING -> ACTIVE",
		},
		{
			name: "T40 paid by request", have: func(f *foundTable) {
				f.capacity = spec.Capacity{
					Read:  5,
					Write: 1,
				}
			},
			want:   func(t *spec.Table) { t.OnDemand = true },
			change: "capacity: 5 read, 1 write units -> paid by request", call: "PAY_PER_REQUEST",
		},
		{
			name: "capacity", want: func(t *spec.Table) { t.ReadCapacity, t.WriteCapacity = 3, 2 },
			change: "capacity: paid by request -> 3 read, 2 write units, " +
				"capacity of index reverse: paid by request -> 3 read, 2 write units",
			call: "PROVISIONED capacity update",
		},
		{
			name: "capacity of an index",
			want: func(t *spec.Table) {
				t.ReadCapacity, t.WriteCapacity, t.Indexes[0].WriteCapacity = 3, 2, 9
			},
			have: func(f *foundTable) {
				i := f.indexes["reverse"]
				f.capacity, i.capacity = spec.Capacity{Read: 3, Write: 2}, spec.Capacity{Read: 3, Write: 2}
				f.indexes["reverse"] = i
			},
			change: "capacity of index reverse: 3 read, 2 write units -> 3 read, 9 write units",
			call:   "update",
		},
		{
			name: "index", have: func(f *foundTable) { f.indexes = nil },
			change: "index reverse:  -> SK (S), PK (S)", call: "create",
		},
		{
			name: "protection", want: func(t *spec.Table) { t.DeletionProtection = new(true) },
			change: "deletion protection: off -> on", call: "protect",
		},
		{
			name: "tag", have: func(f *foundTable) { f.tags["old"] = "x" },
			change: "tag old: x -> ",
		},
		{
			name: "time to live", have: func(f *foundTable) { f.ttl, f.ttlStatus = "", "DISABLED" },
			change: "time to live by expires: off -> on",
		},
		{
			name: "time to live, off", want: func(t *spec.Table) { t.TTLAttribute = "" },
			change: "time to live by expires: on -> off",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			app, found := oneTable()
			if test.want != nil {
				test.want(&app.Tables[0])
			}
			if test.have != nil {
				found = changeTable(found, test.have)
			}
			b := plannedTables(app, found, recordedTable(nil))
			if len(b.Steps) != 1 || b.Steps[0].Action != plan.Update || len(b.Warnings) > 0 {
				t.Fatalf("steps are %v, want an update; warnings %q", b.Steps, b.Warnings)
			}
			if got := changesText(b.Steps[0].Changes); got != test.change {
				t.Errorf("changes are %q, want %q", got, test.change)
			}
			if got := callText(app.Tables[0], found["chat-dev-rooms"]); got != test.call {
				t.Errorf("the next call is %q, want %q", got, test.call)
			}
		})
	}
}

// callText says what the next UpdateTable would do.
func callText(t spec.Table, have foundTable) string {
	in := nextUpdate(t, have)
	if in == nil {
		return ""
	}
	words := []string{string(in.BillingMode)}
	if in.ProvisionedThroughput != nil {
		words = append(words, "capacity")
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil {
			words = append(words, "create")
		}
		if u.Update != nil {
			words = append(words, "update")
		}
	}
	if in.DeletionProtectionEnabled != nil {
		words = append(words, "protect")
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

func TestTimeToLiveByAnotherAttribute(t *testing.T) {
	for _, test := range []struct {
		have   string
		status types.TimeToLiveStatus
		want   string
		step   string
		warns  bool
	}{
		{"a", types.TimeToLiveStatusEnabled, "b", "disable a", true},
		{"a", types.TimeToLiveStatusEnabling, "b", "", true},
		{"a", types.TimeToLiveStatusDisabling, "b", "", true},
		{"", types.TimeToLiveStatusDisabled, "b", "enable b", false},
		{"", "", "b", "enable b", false},
		{"b", types.TimeToLiveStatusEnabling, "b", "", false},
		{"a", types.TimeToLiveStatusEnabled, "", "disable a", false},
		{"a", types.TimeToLiveStatusEnabling, "", "", true},
		{"a", types.TimeToLiveStatusDisabling, "", "", false},
		{"", types.TimeToLiveStatusDisabled, "", "", false},
	} {
		t.Run(test.have+string(test.status)+test.want, func(t *testing.T) {
			b := &planner{Planner: new(plan.Planner)}
			ttl := b.ttl(spec.Table{TTLAttribute: test.want},
				foundTable{ttl: test.have, ttlStatus: test.status})
			got := ""
			if ttl != nil {
				got = map[bool]string{true: "enable ", false: "disable "}[*ttl.Enabled] + *ttl.AttributeName
			}
			if got != test.step || len(b.Warnings) > 0 != test.warns {
				t.Errorf("step is %q with warnings %q, want %q", got, b.Warnings, test.step)
			}
		})
	}
}

func TestTableWithAnotherKeyIsAConflict(t *testing.T) {
	app, found := oneTable()
	app.Tables[0].SortKey.Type = "N"
	b := plannedTables(app, found, plan.State{})
	if len(b.Conflicts) != 1 || len(b.Steps) != 0 {
		t.Fatalf("steps %v, conflicts %v; want one conflict", b.Steps, b.Conflicts)
	}
	for _, want := range []string{"PK (S), SK (S)", "PK (S), SK (N)", "table_name"} {
		if text := b.Conflicts[0].Error(); !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

func TestIndexWithAnotherKeyIsAConflict(t *testing.T) {
	for name, change := range map[string]func(*foundTable){
		"index with other keys": func(f *foundTable) {
			f.indexes["reverse"] = foundIndex{key: f.key, projection: types.ProjectionTypeAll}
		},
		"index of keys only": func(f *foundTable) {
			i := f.indexes["reverse"]
			i.projection = types.ProjectionTypeKeysOnly
			f.indexes["reverse"] = i
		},
		"archived": func(f *foundTable) { f.status = types.TableStatusArchived },
	} {
		t.Run(name, func(t *testing.T) {
			app, found := oneTable()
			b := plannedTables(app, changeTable(found, change), recordedTable(nil))
			if len(b.Conflicts) != 1 || len(b.Steps) != 0 {
				t.Errorf("steps %v, conflicts %v; want one conflict", b.Steps, b.Conflicts)
			}
		})
	}
}

func TestUnownedTableStaysUnchanged(t *testing.T) {
	app, found := oneTable()
	app.Tables[0].DeletionProtection = new(true)
	found = changeTable(found, func(f *foundTable) {
		f.tags, f.indexes, f.ttlStatus = nil, nil, types.TimeToLiveStatusDisabled
	})
	pending := recordedTable(func(r *plan.Resource) { r.Pending = true })
	adopted := recordedTable(func(r *plan.Resource) { r.Adopted = true })
	for name, state := range map[string]plan.State{"unknown": {}, "pending": pending} {
		b := plannedTables(app, found, state)
		if len(b.Steps) != 1 || b.Steps[0].Action != plan.Record || !b.Steps[0].Resource.Adopted {
			t.Errorf("%s: steps are %v, want one that records that it was there", name, b.Steps)
		}
		if len(b.Warnings) != 2 {
			t.Errorf("%s: warnings are %q, want one of the index and one of the time to "+
				"live", name, b.Warnings)
		}
	}
	if b := plannedTables(app, found, adopted); len(b.Steps) != 0 {
		t.Errorf("adopted: steps are %v, want none", b.Steps)
	}
	found = changeTable(found, func(f *foundTable) { f.tags = app.ResourceTags(nil) })
	if b := plannedTables(app, found, adopted); len(b.Steps) != 1 || b.Steps[0].Resource.Adopted {
		t.Errorf("handed over by the tag: steps are %v, want one for a table of ours", b.Steps)
	}
}

func TestUndeclaredTablesStayWithAWarning(t *testing.T) {
	app, found := oneTable()
	state := recordedTable(nil)
	state.Put(plan.Resource{Name: "old", Type: plan.TypeTable, TableName: "chat-dev-old"})
	state.Put(plan.Resource{Name: "theirs", Type: plan.TypeTable, TableName: "theirs", Adopted: true})
	app.Tables[0].Indexes = nil
	b := plannedTables(app, found, state)
	if len(b.Steps) != 0 || len(b.Warnings) != 2 ||
		!strings.Contains(b.Warnings[0], "index reverse") ||
		!strings.Contains(b.Warnings[1], "chat-dev-old") {
		t.Errorf("steps are %v, warnings %q; want one of the index and one of the "+
			"table", b.Steps, b.Warnings)
	}
}

func TestRenamedTableStaysInTheStateFile(t *testing.T) {
	app, found := oneTable()
	state := recordedTable(func(r *plan.Resource) { r.TableName = "chat-dev-before" })
	b := plannedTables(app, found, state)
	var names []string
	for _, s := range b.Steps {
		state.Put(s.Resource)
	}
	for _, res := range state.Of(plan.TypeTable) {
		names = append(names, res.TableName)
	}
	slices.Sort(names)
	if want := []string{"chat-dev-before", "chat-dev-rooms"}; !slices.Equal(names, want) {
		t.Errorf("the state file has %q, want %q", names, want)
	}
	if len(b.Warnings) != 1 {
		t.Errorf("warnings are %q, want one of the old table", b.Warnings)
	}
	if b := plannedTables(app, found, state); len(b.Steps) != 0 {
		t.Errorf("a second plan has %v", b.Steps)
	}
}

// TestIndexComesWithAllTypes wants the types of all keys in the call that makes an index.
func TestIndexComesWithAllTypes(t *testing.T) {
	app, found := oneTable()
	table := app.Tables[0]
	table.Indexes = append(table.Indexes, spec.Index{
		Name:         "new",
		PartitionKey: spec.Attribute{Name: "age", Type: "N"},
	})
	have := found["chat-dev-rooms"]
	have.indexes["stale"] = foundIndex{key: spec.Key{Partition: spec.Attribute{
		Name: "photo",
		Type: "B",
	}}}
	var got []string
	for _, a := range nextUpdate(table, have).AttributeDefinitions {
		got = append(got, *a.AttributeName+" "+string(a.AttributeType))
	}
	if want := []string{"PK S", "SK S", "age N", "photo B"}; !slices.Equal(got, want) {
		t.Errorf("types are %q, want %q", got, want)
	}
}

func changesText(all []plan.Change) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, fmt.Sprintf("%s: %s -> %s", c.Property, c.From, c.To))
	}
	return strings.Join(texts, ", ")
}
