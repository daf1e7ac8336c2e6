package table

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// tables plans the tables.
func (p *planner) tables() {
	for _, t := range p.App.Tables {
		p.renamedTable(t)
		p.table(t)
	}
}

// renamedTable records a table under its own name if another table now has its logical name.
func (p *planner) renamedTable(t spec.Table) {
	old, ok := p.State.Find(plan.TypeTable, t.LogicalName)
	if !ok || old.Pending || p.declares(old.TableName) {
		return
	}
	old.Name = old.TableName
	p.Add(plan.Step{
		Action: plan.Record, Type: plan.TypeTable, Name: old.TableName, Resource: old,
		Do: func(context.Context, *plan.Run, *plan.Resource) error { return nil },
	})
}

func (p *planner) table(t spec.Table) {
	res := plan.Resource{Name: t.LogicalName, Type: plan.TypeTable, TableName: t.Name}
	have, ok := p.found[t.Name]
	switch {
	case !ok:
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeTable, Name: t.Name, Resource: res,
			Line: "Creating table: " + t.Name,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				if err := p.client.run(r).create(ctx, t); err != nil {
					return err
				}
				return p.client.run(r).noteStream(ctx, t)
			},
		})
	case have.key != t.Key():
		p.Conflict("table %s exists with the key %v, and the application declares %v "+
			"(tables.%s): choose another table_name, or delete the table, with its data",
			t.Name, have.key, t.Key(), t.LogicalName)
	case !p.ownTable(t, have):
		p.adoptTable(t, have, res)
	default:
		p.existingTable(t, have, res)
	}
}

// ownTable reports whether this application created a table.
func (p *planner) ownTable(t spec.Table, have foundTable) bool {
	known, ok := p.State.Find(plan.TypeTable, t.LogicalName)
	return have.tags[spec.TagKey] == p.App.Tag() ||
		ok && known.TableName == t.Name && !known.Pending && !known.Adopted
}

// adoptTable plans to use a table that this application has not created. The table stays unchanged.
func (p *planner) adoptTable(t spec.Table, have foundTable, res plan.Resource) {
	for _, i := range t.Indexes {
		if !have.has(i) {
			p.Warn("table %s was not created by this application, so it stays unchanged, and it has no "+
				"index %s with "+
				"the key %v and all attributes: queries of that index will fail", t.Name, i.Name, i.Key())
		}
	}
	if t.TTLAttribute != "" && !have.expires(t.TTLAttribute) {
		p.Warn("table %s was not created by this application, so it stays unchanged, and it does not "+
			"delete items "+
			"by their attribute %s: enable time to live yourself", t.Name, t.TTLAttribute)
	}
	p.warnStream(t, have)
	res.Adopted = true
	p.Update(plan.TypeTable, t.Name, "", nil, res, nil)
}

// existingTable plans the changes of a table of this application.
func (p *planner) existingTable(t spec.Table, have foundTable, res plan.Resource) {
	for _, i := range t.Indexes {
		if old, ok := have.indexes[i.Name]; ok && !have.has(i) {
			p.Conflict("index %s of table %s exists with the key %v and the attributes %s, and the "+
				"application declares %v and all (tables.%s.indexes): give it another name",
				i.Name, t.Name, old.key, old.projection, i.Key(), t.LogicalName)
			return
		}
	}
	if !slices.Contains([]types.TableStatus{
		types.TableStatusActive, types.TableStatusCreating, types.TableStatusUpdating,
	}, have.status) {
		p.Conflict("table %s cannot be used: it is %s", t.Name, have.status)
		return
	}
	diff := diff(t, have)
	ttl := p.ttl(t, have)
	if ttl != nil {
		diff.Compare("time to live by "+*ttl.AttributeName, onOff(!*ttl.Enabled), onOff(*ttl.Enabled))
	}
	diff.Tags(have.tags, p.App.ResourceTags(t.Tags))
	p.Update(plan.TypeTable, t.Name, "Updating table: "+t.Name, diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			if err := p.client.run(r).update(ctx, t, have, ttl); err != nil {
				return err
			}
			return p.client.run(r).noteStream(ctx, t)
		})
}

// staleTables warns of tables and indexes that are no longer declared. They hold data, so they
// stay.
func (p *planner) staleTables() {
	for _, t := range p.App.Tables {
		p.staleIndexes(t)
	}
	for _, res := range p.State.Of(plan.TypeTable) {
		if !p.declares(res.TableName) && !res.Adopted {
			p.Warn("table %s is no longer declared, and stays, with its data; \"tyg delete --tables\" "+
				"deletes it", res.TableName)
		}
	}
}

func (p *planner) declares(table string) bool {
	return slices.ContainsFunc(p.App.Tables, func(t spec.Table) bool { return t.Name == table })
}

func (p *planner) staleIndexes(t spec.Table) {
	have, ok := p.found[t.Name]
	if !ok || !p.ownTable(t, have) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(have.indexes)) {
		if !slices.ContainsFunc(t.Indexes, func(i spec.Index) bool { return i.Name == name }) {
			p.Warn("index %s of table %s is no longer declared, and stays; delete it with "+
				"\"aws dynamodb update-table\" if nothing needs it", name, t.Name)
		}
	}
}
