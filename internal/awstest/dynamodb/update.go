package dynamodb

import (
	"maps"
	"net/http"
	"slices"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// updateTable changes the billing, one index, or the protection of a table.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html)
func (s *State) updateTable(in wire.Params) (map[string]any, error) {
	t, err := s.activeTable(in)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{
		"ReplicaUpdates", "TableClass",
		"OnDemandThroughput", "WarmThroughput",
	} {
		if in.Has(name) {
			return nil, wire.Unserved(name + " of tables")
		}
	}
	if s.Pinned[tableName(in.Str("TableName"))] {
		return map[string]any{"TableDescription": t.describe()}, nil
	}
	t.members = maps.Clone(t.members)
	if in.Has("BillingMode") || in.Has("ProvisionedThroughput") {
		if err := t.rebill(in); err != nil {
			return nil, err
		}
	}
	if err := t.reindex(in); err != nil {
		return nil, err
	}
	if in.Has("SSESpecification") {
		t.encrypt(in.Obj("SSESpecification"))
	}
	if in.Has("StreamSpecification") {
		if err := s.stream(t, in.Obj("StreamSpecification")); err != nil {
			return nil, err
		}
	}
	if in.Has("DeletionProtectionEnabled") {
		t.members["DeletionProtectionEnabled"] = in.Flag("DeletionProtectionEnabled")
	}
	t.updating = s.Settle
	return map[string]any{"TableDescription": t.describe()}, nil
}

// rebill changes the billing. It is an error if nothing changes.
func (t *table) rebill(in wire.Params) error {
	mode := in.Str("BillingMode")
	if mode == "" {
		mode = t.billing()
	}
	if err := checkCapacity(mode, in); err != nil {
		return err
	}
	wanted := capacity(in.Obj("ProvisionedThroughput"))
	if mode == t.billing() && maps.EqualFunc(wanted,
		t.members["ProvisionedThroughput"].(map[string]any),
		func(a, b any) bool { return a == b }) {
		return wire.Invalid("The provisioned throughput for the table will not change. The requested " +
			"value equals the current value.")
	}
	t.bill(wire.Params{"BillingMode": mode, "ProvisionedThroughput": in["ProvisionedThroughput"]})
	for i := range t.indexes {
		if mode == "PAY_PER_REQUEST" {
			t.indexes[i] = maps.Clone(t.indexes[i])
			t.indexes[i]["ProvisionedThroughput"] = capacity(nil)
		}
	}
	return nil
}

func (t *table) billing() string {
	if t.members["BillingModeSummary"] != nil {
		return "PAY_PER_REQUEST"
	}
	return "PROVISIONED"
}

// reindex adds, changes or removes an index.
func (t *table) reindex(in wire.Params) error {
	indexes := slices.Clone(t.indexes)
	made := 0
	for _, u := range in.Objs("GlobalSecondaryIndexUpdates") {
		var err error
		if !u.Has("Update") {
			made++
		}
		if indexes, err = t.change(indexes, u, in); err != nil {
			return err
		}
	}
	if made > 1 {
		return wire.Fail(http.StatusBadRequest, "LimitExceededException", "Subscriber limit exceeded: "+
			"Only 1 online index can be created or deleted simultaneously per table")
	}
	definitions := in["AttributeDefinitions"]
	if definitions == nil {
		definitions = t.members["AttributeDefinitions"]
	}
	t.indexes, t.members["AttributeDefinitions"] = indexes, definitions
	return nil
}

// change applies one GlobalSecondaryIndexUpdate.
func (t *table) change(indexes []map[string]any, u, in wire.Params) ([]map[string]any, error) {
	create, update, remove := u.Obj("Create"), u.Obj("Update"), u.Obj("Delete")
	name := create.Str("IndexName") + update.Str("IndexName") + remove.Str("IndexName")
	at := slices.IndexFunc(indexes, func(x map[string]any) bool { return x["IndexName"] == name })
	switch {
	case create != nil && at >= 0:
		return nil, wire.Invalid("Attempting to create an index which already exists")
	case create != nil:
		if err := checkIndex(t.billing(), create); err != nil {
			return nil, err
		}
		t.newIndex = name
		return append(indexes, t.index(create)), t.checkNewKeys(create, in)
	case at < 0:
		return nil, wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
			"Requested resource not found: Index %s", name)
	case remove != nil:
		return slices.Delete(indexes, at, at+1), nil
	}
	indexes[at] = maps.Clone(indexes[at])
	indexes[at]["ProvisionedThroughput"] = capacity(update.Obj("ProvisionedThroughput"))
	return indexes, nil
}

// checkNewKeys checks that the keys of a new index are defined. Unlike CreateTable, UpdateTable
// accepts definitions that only other indexes use.
func (t *table) checkNewKeys(create, in wire.Params) error {
	definitions := in.Objs("AttributeDefinitions")
	schema := create.Objs("KeySchema")
	used := slices.DeleteFunc(slices.Clone(definitions), func(d wire.Params) bool {
		return !slices.ContainsFunc(schema, func(k wire.Params) bool {
			return k.Str("AttributeName") == d.Str("AttributeName")
		})
	})
	return checkKeys([][]wire.Params{schema}, used)
}
