// Package dynamodb is the control plane of DynamoDB in memory: tables and their settings. Package
// internal/dynamodb serves their items.
package dynamodb

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// State is what DynamoDB keeps.
type State struct {
	*account.Account

	// MaxTables is the quota of tables, if it is not 0.
	MaxTables int
	// Pinned are tables of which UpdateTable accepts every change, and none takes effect: something
	// else sets them back at once.
	Pinned map[string]bool
	// TTLInterval is how long after a change of the time to live the next one is refused.
	TTLInterval time.Duration

	tables map[string]*table // by name
}

// New returns the state of an empty account.
func New(a *account.Account) *State {
	return &State{Account: a, Pinned: make(map[string]bool), tables: make(map[string]*table)}
}

// A table is a table of DynamoDB. Its items are in a server of their own, which is deleted with it.
type table struct {
	arn      string
	members  map[string]any // of TableDescription, but for the states
	indexes  []map[string]any
	newIndex any // the name of the one that the last update made
	tags     map[string]string
	oldTags  map[string]string // which are read as long as tagSettling is not 0
	listed   map[string]string // of which the pages are read
	ttl      string            // attribute, "" for none
	ttlAt    time.Time         // of its last change
	recovery bool              // point in time

	items *dynamodb.Server

	creating, updating, deleting, ttlSettling, backupSettling, tagSettling int  // polls
	gone                                                                   bool // being deleted
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"CreateTable":               s.createTable,
		"DescribeTable":             s.describeTable,
		"UpdateTable":               s.updateTable,
		"DeleteTable":               s.deleteTable,
		"ListTables":                s.listTables,
		"DescribeTimeToLive":        s.describeTimeToLive,
		"UpdateTimeToLive":          s.updateTimeToLive,
		"DescribeContinuousBackups": s.describeContinuousBackups,
		"UpdateContinuousBackups":   s.updateContinuousBackups,
		"TagResource":               s.tagTable,
		"UntagResource":             s.untagTable,
		"ListTagsOfResource":        s.listTableTags,
	}
}

// Resources names the tables that are not being deleted.
func (s *State) Resources() []string {
	var all []string
	for name, t := range s.tables {
		if !t.gone {
			all = append(all, "dynamodb table "+name)
		}
	}
	return all
}

// findTable returns the table that an input names, by itself or by its ARN.
func (s *State) findTable(in wire.Params) (*table, error) {
	name := tableName(in.Str("TableName") + in.Str("ResourceArn"))
	t := s.tables[name]
	if t != nil && t.gone && !account.Poll(&t.deleting) {
		delete(s.tables, name)
		t = nil
	}
	if t == nil {
		return nil, wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
			"Requested resource not found: Table: %s not found", name)
	}
	return t, nil
}

// activeTable returns the table that an input names if it can be changed. A call is a poll.
func (s *State) activeTable(in wire.Params) (*table, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	name := t.members["TableName"]
	switch {
	case t.gone:
		return nil, inUse("Attempt to change a resource which is still in use: "+
			"Table is being deleted: %s", name)
	case account.Poll(&t.creating):
		return nil, inUse("Attempt to change a resource which is still in use: "+
			"Table is being created: %s", name)
	case account.Poll(&t.updating):
		return nil, inUse("Attempt to change a resource which is still in use: "+
			"Table is being updated: %s", name)
	}
	return t, nil
}

func inUse(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "ResourceInUseException", format, args...)
}

// status returns the state of the table.
func (t *table) status() string {
	switch {
	case t.gone:
		return "DELETING"
	case t.creating > 0:
		return "CREATING"
	case t.updating > 0:
		return "UPDATING"
	default:
		return "ACTIVE"
	}
}

// describe returns the members of TableDescription.
func (t *table) describe() map[string]any {
	out := maps.Clone(t.members)
	out["TableStatus"] = t.status()
	var indexes []any
	for _, index := range t.indexes {
		index = maps.Clone(index)
		index["IndexStatus"] = "ACTIVE"
		if t.creating > 0 || t.updating > 0 && index["IndexName"] == t.newIndex {
			index["IndexStatus"] = "CREATING"
		}
		indexes = append(indexes, index)
	}
	out["GlobalSecondaryIndexes"] = indexes
	return out
}

func (s *State) describeTable(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	out := t.describe()
	if !account.Poll(&t.creating) {
		account.Poll(&t.updating)
	}
	return map[string]any{"Table": out}, nil
}

func (s *State) listTables(in wire.Params) (map[string]any, error) {
	names := slices.Sorted(maps.Keys(s.tables))
	start := in.Str("ExclusiveStartTableName")
	names = slices.DeleteFunc(names, func(name string) bool { return name <= start })
	names, next := account.PageOfStrings(s.Account, names, in.Num("Limit"), "")
	out := map[string]any{"TableNames": names}
	if next != "" {
		out["LastEvaluatedTableName"] = names[len(names)-1]
	}
	return out, nil
}

func (s *State) deleteTable(in wire.Params) (map[string]any, error) {
	t, err := s.activeTable(in)
	if err != nil {
		return nil, err
	}
	if t.members["DeletionProtectionEnabled"] == true {
		return nil, wire.Invalid("Resource cannot be deleted as it is currently protected against " +
			"deletion. Disable deletion protection first.")
	}
	t.gone, t.deleting = true, s.Settle
	return map[string]any{"TableDescription": t.describe()}, nil
}
