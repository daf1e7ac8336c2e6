package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// A tableConfig is a DynamoDB table of the application.
type tableConfig struct {
	// Variable is the environment variable with the name of the table: TABLE if there is one table.
	Variable string `json:"environment_variable"`
	// Name is the name on AWS: {app}-{stage}-{logical name} if it is not given.
	Name         string                 `json:"table_name"`
	PartitionKey *keyConfig             `json:"partition_key"`
	SortKey      *keyConfig             `json:"sort_key"`
	Indexes      map[string]indexConfig `json:"indexes"`

	// Without capacity units the table is paid by request.
	ReadCapacity  int64 `json:"read_capacity"`
	WriteCapacity int64 `json:"write_capacity"`

	TTLAttribute       string            `json:"ttl_attribute"`
	DeletionProtection bool              `json:"deletion_protection"`
	Actions            []string          `json:"actions"` // what functions may do, such as "Query"
	Tags               map[string]string `json:"tags"`
}

// A keyConfig is an attribute that is a key.
type keyConfig struct {
	Name string `json:"name"`
	Type string `json:"type"` // "S", the default, "N" or "B"
}

// An indexConfig is a global secondary index of a table.
type indexConfig struct {
	PartitionKey  *keyConfig `json:"partition_key"`
	SortKey       *keyConfig `json:"sort_key"`
	ReadCapacity  int64      `json:"read_capacity"`
	WriteCapacity int64      `json:"write_capacity"`
}

// tables returns the tables of a stage, sorted. The prefix begins their names on AWS.
func (s stageConfig) tables(prefix string) ([]deploy.Table, error) {
	var list []deploy.Table
	var errs []error
	usual := ""
	if len(s.Tables) == 1 {
		usual = "TABLE"
	}
	by := make(map[string]string) // logical names, by variable
	for _, name := range slices.Sorted(maps.Keys(s.Tables)) {
		t, err := s.Tables[name].table(name)
		t.Name = cmp.Or(t.Name, prefix+"-"+name)
		t.Variable = cmp.Or(t.Variable, usual)
		other, twice := by[t.Variable]
		switch {
		case err != nil:
		case t.Variable == "":
			err = fmt.Errorf("tables.%s has no environment_variable, by which functions find the name of "+
				"the table; only a single table has TABLE by itself", name)
		case twice:
			err = fmt.Errorf("tables.%s and tables.%s have the same environment_variable %s",
				other, name, t.Variable)
		}
		by[t.Variable] = name
		list, errs = append(list, t), append(errs, err)
	}
	return list, errors.Join(errs...)
}

// table returns one table as far as its own entry says what it is.
func (t tableConfig) table(name string) (deploy.Table, error) {
	table := deploy.Table{
		LogicalName: name, Name: t.Name, Variable: t.Variable,
		SortKey:      t.SortKey.attribute(),
		ReadCapacity: t.ReadCapacity, WriteCapacity: t.WriteCapacity,
		TTLAttribute: t.TTLAttribute, DeletionProtection: t.DeletionProtection,
		Actions: t.Actions, Tags: t.Tags,
	}
	if t.PartitionKey == nil {
		return table, fmt.Errorf("tables.%s has no partition_key, such as %s", name, `{"name": "PK"}`)
	}
	table.PartitionKey = t.PartitionKey.attribute()
	for _, index := range slices.Sorted(maps.Keys(t.Indexes)) {
		i := t.Indexes[index]
		if i.PartitionKey == nil {
			return table, fmt.Errorf("tables.%s.indexes.%s has no partition_key", name, index)
		}
		table.Indexes = append(table.Indexes, deploy.Index{
			Name: index, PartitionKey: i.PartitionKey.attribute(), SortKey: i.SortKey.attribute(),
			ReadCapacity: i.ReadCapacity, WriteCapacity: i.WriteCapacity,
		})
	}
	return table, nil
}

// attribute returns a key. Of a key that is not given it is the zero Attribute.
func (k *keyConfig) attribute() deploy.Attribute {
	if k == nil {
		return deploy.Attribute{}
	}
	return deploy.Attribute{Name: k.Name, Type: cmp.Or(k.Type, "S")}
}
