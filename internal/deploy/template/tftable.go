package template

import "github.com/tyg-dev/tyg/internal/deploy/spec"

// table adds a table, which Terraform will not destroy.
func (m *module) table(t spec.Table) {
	var keys []any
	for _, k := range attributesOf(t) {
		keys = append(keys, object{"name": k.Name, "type": typeOf(k)})
	}
	a := object{
		"name":                        t.Name,
		"billing_mode":                billing(t),
		"hash_key":                    t.PartitionKey.Name,
		"attribute":                   keys,
		"deletion_protection_enabled": t.DeletionProtection,
		"tags":                        m.tags(t.Tags),
		"lifecycle":                   object{"prevent_destroy": true},
	}
	if t.SortKey.Name != "" {
		a["range_key"] = t.SortKey.Name
	}
	units(a, t, t.ReadCapacity, t.WriteCapacity)
	if indexes := tfIndexes(t); len(indexes) > 0 {
		a["global_secondary_index"] = indexes
	}
	if t.TTLAttribute != "" {
		a["ttl"] = object{"attribute_name": t.TTLAttribute, "enabled": true}
	}
	m.add("aws_dynamodb_table", snake(t.LogicalName), a)
}

func tfIndexes(t spec.Table) []any {
	var list []any
	for _, i := range t.Indexes {
		index := object{"name": i.Name, "hash_key": i.PartitionKey.Name, "projection_type": "ALL"}
		if i.SortKey.Name != "" {
			index["range_key"] = i.SortKey.Name
		}
		read, write := capacity(t, i)
		units(index, t, read, write)
		list = append(list, index)
	}
	return list
}

// units says how many units a table or an index has, if that is how the table is paid.
func units(a object, t spec.Table, read, write int64) {
	if isProvisioned(t) {
		a["read_capacity"], a["write_capacity"] = read, write
	}
}
