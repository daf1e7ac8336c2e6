package deploy

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// tables plans the tables.
func (b *planner) tables() {
	for _, t := range b.app.Tables {
		b.renamedTable(t)
		b.table(t)
	}
}

// renamedTable keeps the table that went by a logical name in the state file, under its own name,
// before another gets its place there.
func (b *planner) renamedTable(t Table) {
	old, ok := b.state.Find(TypeTable, t.LogicalName)
	if !ok || old.Pending || b.declares(old.TableName) {
		return
	}
	old.Name = old.TableName
	b.add(Step{
		Action: Record, Type: TypeTable, Name: old.TableName, resource: old,
		do: func(context.Context, *run, *Resource) error { return nil },
	})
}

func (b *planner) table(t Table) {
	res := Resource{Name: t.LogicalName, Type: TypeTable, TableName: t.Name}
	have, ok := b.found.tables[t.Name]
	switch {
	case !ok:
		b.add(Step{
			Action: Create, Type: TypeTable, Name: t.Name, resource: res,
			line: "Creating table: " + t.Name,
			do:   func(ctx context.Context, r *run, _ *Resource) error { return r.createTable(ctx, t) },
		})
	case have.key != t.Key():
		b.conflict("table %s exists with the key %v, and the application declares %v "+
			"(tables.%s): choose another table_name, or delete the table, with its data",
			t.Name, have.key, t.Key(), t.LogicalName)
	case !b.ownTable(t, have):
		b.adoptTable(t, have, res)
	default:
		b.existingTable(t, have, res)
	}
}

// ownTable reports whether a table was made by this application.
func (b *planner) ownTable(t Table, have foundTable) bool {
	known, ok := b.state.Find(TypeTable, t.LogicalName)
	return have.tags[spec.TagKey] == b.app.Tag() ||
		ok && known.TableName == t.Name && !known.Pending && !known.Adopted
}

// adoptTable plans to use somebody else's table as it is.
func (b *planner) adoptTable(t Table, have foundTable, res Resource) {
	for _, i := range t.Indexes {
		if !have.has(i) {
			b.warn("table %s is not of this application, so it stays as it is, and it has no index %s with "+
				"the key %v and all attributes: what asks for that will fail", t.Name, i.Name, i.Key())
		}
	}
	if t.TTLAttribute != "" && !have.expires(t.TTLAttribute) {
		b.warn("table %s is not of this application, so it stays as it is, and it does not delete items "+
			"by their attribute %s: switch that on yourself", t.Name, t.TTLAttribute)
	}
	res.Adopted = true
	b.update(TypeTable, t.Name, "", nil, res, nil)
}

// existingTable plans what to change of a table of this application.
func (b *planner) existingTable(t Table, have foundTable, res Resource) {
	for _, i := range t.Indexes {
		if old, ok := have.indexes[i.Name]; ok && !have.has(i) {
			b.conflict("index %s of table %s exists with the key %v and the attributes %s, and the "+
				"application declares %v and all (tables.%s.indexes): give it another name",
				i.Name, t.Name, old.key, old.projection, i.Key(), t.LogicalName)
			return
		}
	}
	if !slices.Contains([]types.TableStatus{
		types.TableStatusActive, types.TableStatusCreating, types.TableStatusUpdating,
	}, have.status) {
		b.conflict("table %s cannot be used: it is %s", t.Name, have.status)
		return
	}
	diff := diff(t, have)
	ttl := b.ttl(t, have)
	if ttl != nil {
		diff.compare("time to live by "+*ttl.AttributeName, onOff(!*ttl.Enabled), onOff(*ttl.Enabled))
	}
	diff.tags(have.tags, b.app.ResourceTags(t.Tags))
	b.update(TypeTable, t.Name, "Updating table: "+t.Name, diff, res,
		func(ctx context.Context, r *run, _ *Resource) error { return r.updateTable(ctx, t, have, ttl) })
}

// staleTables warns of tables and indexes that are not declared any more. They are people's data,
// so nothing else happens to them.
func (b *planner) staleTables() {
	for _, t := range b.app.Tables {
		b.staleIndexes(t)
	}
	for _, res := range b.state.Of(TypeTable) {
		if !b.declares(res.TableName) && !res.Adopted {
			b.warn("table %s is not declared any more, and stays, with its data; \"tyg delete --tables\" "+
				"removes it", res.TableName)
		}
	}
}

func (b *planner) declares(table string) bool {
	return slices.ContainsFunc(b.app.Tables, func(t Table) bool { return t.Name == table })
}

func (b *planner) staleIndexes(t Table) {
	have, ok := b.found.tables[t.Name]
	if !ok || !b.ownTable(t, have) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(have.indexes)) {
		if !slices.ContainsFunc(t.Indexes, func(i Index) bool { return i.Name == name }) {
			b.warn("index %s of table %s is not declared any more, and stays; remove it with "+
				"\"aws dynamodb update-table\" if nothing needs it", name, t.Name)
		}
	}
}
