package application

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// tables returns the tables of a stage, sorted. Their names on AWS begin with the prefix.
func tables(s project.StageConfig, prefix string) ([]deploy.Table, error) {
	var list []deploy.Table
	var errs []error
	defaultVariable := ""
	if len(s.Tables) == 1 {
		defaultVariable = "TABLE"
	}
	named := make(map[string]string) // logical names, by variable
	for _, name := range slices.Sorted(maps.Keys(s.Tables)) {
		t, err := table(s.Tables[name], name)
		t.Name = cmp.Or(t.Name, prefix+"-"+name)
		t.Variable = cmp.Or(t.Variable, defaultVariable)
		other, twice := named[t.Variable]
		switch {
		case err != nil:
		case t.Variable == "":
			err = fmt.Errorf("tables.%s has no environment_variable for the name of the table; the "+
				"default, TABLE, is for a single table", name)
		case twice:
			err = fmt.Errorf("tables.%s and tables.%s have the same environment_variable %s",
				other, name, t.Variable)
		}
		named[t.Variable] = name
		list, errs = append(list, t), append(errs, err)
	}
	return list, errors.Join(errs...)
}

// table returns one table, without the defaults that depend on the others.
func table(t project.TableConfig, name string) (deploy.Table, error) {
	table := deploy.Table{
		LogicalName: name, Name: t.Name, Variable: t.Variable,
		PointInTimeRecovery: t.PITR, KMSKeyARN: t.KMSKeyARN, Stream: t.Stream,
		SortKey:      attribute(t.SortKey),
		ReadCapacity: t.ReadCapacity, WriteCapacity: t.WriteCapacity,
		OnDemand:     t.BillingMode == "PAY_PER_REQUEST",
		TTLAttribute: t.TTLAttribute, DeletionProtection: t.DeletionProtection,
		Actions: t.Actions, Tags: t.Tags,
	}
	if t.PartitionKey == nil {
		return table, fmt.Errorf("tables.%s has no partition_key, such as %s", name, `{"name": "PK"}`)
	}
	table.PartitionKey = attribute(t.PartitionKey)
	for _, index := range slices.Sorted(maps.Keys(t.Indexes)) {
		i := t.Indexes[index]
		if i.PartitionKey == nil {
			return table, fmt.Errorf("tables.%s.indexes.%s has no partition_key", name, index)
		}
		table.Indexes = append(table.Indexes, deploy.Index{
			Name: index, PartitionKey: attribute(i.PartitionKey), SortKey: attribute(i.SortKey),
			ReadCapacity: i.ReadCapacity, WriteCapacity: i.WriteCapacity,
		})
	}
	return table, nil
}

// attribute returns a key, or the zero Attribute for nil.
func attribute(k *project.KeyConfig) deploy.Attribute {
	if k == nil {
		return deploy.Attribute{}
	}
	return deploy.Attribute{Name: k.Name, Type: cmp.Or(k.Type, "S")}
}

// valueOr returns the value that a pointer points to, or otherwise if it is nil.
func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
