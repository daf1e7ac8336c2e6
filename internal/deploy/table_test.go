package deploy

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// oneTable is an application with one table, and a table on AWS that is as it should be.
func oneTable() (Application, Found) {
	app := Application{Name: "chat", Stage: "dev", Tables: []Table{{
		LogicalName: "rooms", Name: "chat-dev-rooms",
		PartitionKey: Attribute{Name: "PK"}, SortKey: Attribute{Name: "SK"},
		Indexes: []Index{{
			Name: "reverse", PartitionKey: Attribute{Name: "SK"}, SortKey: Attribute{Name: "PK", Type: "S"},
		}},
		TTLAttribute: "expires",
	}}}
	pk, sk := Attribute{Name: "PK", Type: "S"}, Attribute{Name: "SK", Type: "S"}
	return app, Found{tables: map[string]foundTable{"chat-dev-rooms": {
		arn: "arn", status: types.TableStatusActive, key: spec.Key{Partition: pk, Sort: sk},
		indexes: map[string]foundIndex{"reverse": {
			key: spec.Key{Partition: sk, Sort: pk}, projection: types.ProjectionTypeAll, status: types.IndexStatusActive,
		}},
		ttl: "expires", ttlStatus: types.TimeToLiveStatusEnabled, tags: app.ResourceTags(nil),
	}}}
}

// changeTable changes what was found.
func changeTable(found Found, change func(*foundTable)) Found {
	found.tables = maps.Clone(found.tables)
	for name, have := range found.tables {
		have.indexes = maps.Clone(have.indexes)
		change(&have)
		found.tables[name] = have
	}
	return found
}

func plannedTables(app Application, found Found, state State) *planner {
	b := &planner{app: app, found: found, state: state}
	b.tables()
	b.staleTables()
	return b
}

func recordedTable(change func(*Resource)) State {
	res := Resource{Name: "rooms", Type: TypeTable, TableName: "chat-dev-rooms"}
	if change != nil {
		change(&res)
	}
	var s State
	s.put(res)
	return s
}

func TestTableThatIsAsItShouldBe(t *testing.T) {
	app, found := oneTable()
	b := plannedTables(app, found, recordedTable(nil))
	if len(b.steps)+len(b.warnings)+len(b.conflicts) > 0 {
		t.Errorf("steps %v, warnings %q, conflicts %v; want none", b.steps, b.warnings, b.conflicts)
	}
}

func TestTableChanges(t *testing.T) {
	for _, test := range []struct {
		name   string
		want   func(*Table)
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
			name: "T40 paid by request", have: func(f *foundTable) { f.capacity = spec.Capacity{Read: 5, Write: 1} },
			change: "capacity: 5 read, 1 write units -> paid by request", call: "PAY_PER_REQUEST",
		},
		{
			name: "capacity", want: func(t *Table) { t.ReadCapacity, t.WriteCapacity = 3, 2 },
			change: "capacity: paid by request -> 3 read, 2 write units, " +
				"capacity of index reverse: paid by request -> 3 read, 2 write units",
			call: "PROVISIONED capacity update",
		},
		{
			name: "capacity of an index",
			want: func(t *Table) {
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
			name: "protection", want: func(t *Table) { t.DeletionProtection = true },
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
			name: "time to live, off", want: func(t *Table) { t.TTLAttribute = "" },
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
			if len(b.steps) != 1 || b.steps[0].Action != Update || len(b.warnings) > 0 {
				t.Fatalf("steps are %v, want an update; warnings %q", b.steps, b.warnings)
			}
			if got := changesText(b.steps[0].Changes); got != test.change {
				t.Errorf("changes are %q, want %q", got, test.change)
			}
			if got := callText(app.Tables[0], found.tables["chat-dev-rooms"]); got != test.call {
				t.Errorf("the next call is %q, want %q", got, test.call)
			}
		})
	}
}

// callText says what the next UpdateTable would do.
func callText(t Table, have foundTable) string {
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
			b := new(planner)
			ttl := b.ttl(Table{TTLAttribute: test.want}, foundTable{ttl: test.have, ttlStatus: test.status})
			got := ""
			if ttl != nil {
				got = map[bool]string{true: "enable ", false: "disable "}[*ttl.Enabled] + *ttl.AttributeName
			}
			if got != test.step || len(b.warnings) > 0 != test.warns {
				t.Errorf("step is %q with warnings %q, want %q", got, b.warnings, test.step)
			}
		})
	}
}

func TestTableWithOtherKeys(t *testing.T) {
	app, found := oneTable()
	app.Tables[0].SortKey.Type = "N"
	b := plannedTables(app, found, State{})
	if len(b.conflicts) != 1 || len(b.steps) != 0 {
		t.Fatalf("steps %v, conflicts %v; want one conflict", b.steps, b.conflicts)
	}
	for _, want := range []string{"PK (S), SK (S)", "PK (S), SK (N)", "table_name"} {
		if text := b.conflicts[0].Error(); !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

func TestTableThatCannotBeChangedSo(t *testing.T) {
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
			if len(b.conflicts) != 1 || len(b.steps) != 0 {
				t.Errorf("steps %v, conflicts %v; want one conflict", b.steps, b.conflicts)
			}
		})
	}
}

func TestTableOfSomebodyElseStaysAsItIs(t *testing.T) {
	app, found := oneTable()
	app.Tables[0].DeletionProtection = true
	found = changeTable(found, func(f *foundTable) {
		f.tags, f.indexes, f.ttlStatus = nil, nil, types.TimeToLiveStatusDisabled
	})
	pending := recordedTable(func(r *Resource) { r.Pending = true })
	adopted := recordedTable(func(r *Resource) { r.Adopted = true })
	for name, state := range map[string]State{"unknown": {}, "pending": pending} {
		b := plannedTables(app, found, state)
		if len(b.steps) != 1 || b.steps[0].Action != Record || !b.steps[0].resource.Adopted {
			t.Errorf("%s: steps are %v, want one that records that it was there", name, b.steps)
		}
		if len(b.warnings) != 2 {
			t.Errorf("%s: warnings are %q, want one of the index and one of the time to live", name, b.warnings)
		}
	}
	if b := plannedTables(app, found, adopted); len(b.steps) != 0 {
		t.Errorf("adopted: steps are %v, want none", b.steps)
	}
	found = changeTable(found, func(f *foundTable) { f.tags = app.ResourceTags(nil) })
	if b := plannedTables(app, found, adopted); len(b.steps) != 1 || b.steps[0].resource.Adopted {
		t.Errorf("handed over by the tag: steps are %v, want one for a table of ours", b.steps)
	}
}

func TestTablesThatAreNotDeclaredAnyMore(t *testing.T) {
	app, found := oneTable()
	state := recordedTable(nil)
	state.put(Resource{Name: "old", Type: TypeTable, TableName: "chat-dev-old"})
	state.put(Resource{Name: "theirs", Type: TypeTable, TableName: "theirs", Adopted: true})
	app.Tables[0].Indexes = nil
	b := plannedTables(app, found, state)
	if len(b.steps) != 0 || len(b.warnings) != 2 || !strings.Contains(b.warnings[0], "index reverse") ||
		!strings.Contains(b.warnings[1], "chat-dev-old") {
		t.Errorf("steps are %v, warnings %q; want one of the index and one of the table", b.steps, b.warnings)
	}
}

func TestTableWithAnotherNameIsNotForgotten(t *testing.T) {
	app, found := oneTable()
	state := recordedTable(func(r *Resource) { r.TableName = "chat-dev-before" })
	b := plannedTables(app, found, state)
	var names []string
	for _, s := range b.steps {
		state.put(s.resource)
	}
	for _, res := range state.Of(TypeTable) {
		names = append(names, res.TableName)
	}
	slices.Sort(names)
	if want := []string{"chat-dev-before", "chat-dev-rooms"}; !slices.Equal(names, want) {
		t.Errorf("the state file has %q, want %q", names, want)
	}
	if len(b.warnings) != 1 {
		t.Errorf("warnings are %q, want one of the old table", b.warnings)
	}
	if b := plannedTables(app, found, state); len(b.steps) != 0 {
		t.Errorf("a second plan has %v", b.steps)
	}
}

// TestIndexComesWithAllTypes wants the types of all keys in the call that makes an index.
func TestIndexComesWithAllTypes(t *testing.T) {
	app, found := oneTable()
	table := app.Tables[0]
	table.Indexes = append(table.Indexes, Index{Name: "new", PartitionKey: Attribute{Name: "age", Type: "N"}})
	have := found.tables["chat-dev-rooms"]
	have.indexes["stale"] = foundIndex{key: spec.Key{Partition: Attribute{Name: "photo", Type: "B"}}}
	var got []string
	for _, a := range nextUpdate(table, have).AttributeDefinitions {
		got = append(got, *a.AttributeName+" "+string(a.AttributeType))
	}
	if want := []string{"PK S", "SK S", "age N", "photo B"}; !slices.Equal(got, want) {
		t.Errorf("types are %q, want %q", got, want)
	}
}
