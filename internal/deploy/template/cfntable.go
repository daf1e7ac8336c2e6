package template

import (
	"cmp"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// table adds a table. It is kept when the stack is deleted, or when it would have to be made anew.
func (s *stack) table(t spec.Table) {
	keys := attributesOf(t)
	var definitions []any
	for _, a := range keys {
		definitions = append(definitions,
			object{"AttributeName": a.Name, "AttributeType": typeOf(a)})
	}
	p := object{
		"TableName":                 t.Name,
		"AttributeDefinitions":      definitions,
		"KeySchema":                 keySchema(t.PartitionKey, t.SortKey),
		"BillingMode":               billing(t),
		"DeletionProtectionEnabled": t.DeletionProtection,
		"Tags":                      s.tags(t.Tags),
	}
	provision(p, t, t.ReadCapacity, t.WriteCapacity)
	if indexes := cfnIndexes(t); len(indexes) > 0 {
		p["GlobalSecondaryIndexes"] = indexes
	}
	if t.TTLAttribute != "" {
		p["TimeToLiveSpecification"] = object{"AttributeName": t.TTLAttribute, "Enabled": true}
	}
	s.add(tableID(t), "AWS::DynamoDB::Table", p, object{
		"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
	})
}

func tableID(t spec.Table) string {
	return strings.TrimSuffix(camel(t.LogicalName), "Table") + "Table"
}

func cfnIndexes(t spec.Table) []any {
	var list []any
	for _, i := range t.Indexes {
		index := object{
			"IndexName": i.Name, "KeySchema": keySchema(i.PartitionKey, i.SortKey),
			"Projection": object{"ProjectionType": "ALL"},
		}
		read, write := capacity(t, i)
		provision(index, t, read, write)
		list = append(list, index)
	}
	return list
}

// provision says how many units a table or an index has, if that is how the table is paid.
func provision(p object, t spec.Table, read, write int64) {
	if isProvisioned(t) {
		p["ProvisionedThroughput"] = object{"ReadCapacityUnits": read, "WriteCapacityUnits": write}
	}
}

// capacity returns the units of an index, which are those of its table if it has none of its own.
func capacity(t spec.Table, i spec.Index) (read, write int64) {
	return cmp.Or(i.ReadCapacity, t.ReadCapacity), cmp.Or(i.WriteCapacity, t.WriteCapacity)
}

func billing(t spec.Table) string {
	if isProvisioned(t) {
		return "PROVISIONED"
	}
	return "PAY_PER_REQUEST"
}

func isProvisioned(t spec.Table) bool { return t.ReadCapacity > 0 || t.WriteCapacity > 0 }

func keySchema(partition, sort spec.Attribute) []any {
	keys := []any{object{"AttributeName": partition.Name, "KeyType": "HASH"}}
	if sort.Name != "" {
		keys = append(keys, object{"AttributeName": sort.Name, "KeyType": "RANGE"})
	}
	return keys
}

// attributesOf returns the keys of a table and its indexes, each once.
func attributesOf(t spec.Table) []spec.Attribute {
	all := []spec.Attribute{t.PartitionKey, t.SortKey}
	for _, i := range t.Indexes {
		all = append(all, i.PartitionKey, i.SortKey)
	}
	seen := map[string]bool{"": true}
	var keys []spec.Attribute
	for _, a := range all {
		if !seen[a.Name] {
			seen[a.Name] = true
			keys = append(keys, a)
		}
	}
	return keys
}

func typeOf(a spec.Attribute) string {
	if a.Type == "" {
		return "S"
	}
	return a.Type
}
