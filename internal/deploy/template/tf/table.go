package tf

import (
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// table adds a table that Terraform refuses to destroy.
func (m *module) table(t spec.Table) {
	var keys []any
	for _, k := range t.Attributes() {
		keys = append(keys, object{"name": k.Name, "type": k.Type})
	}
	a := object{
		"name":                        t.Name,
		"billing_mode":                t.BillingMode(),
		"hash_key":                    t.PartitionKey.Name,
		"attribute":                   keys,
		"deletion_protection_enabled": t.Protected(),
		"tags":                        m.tags(t.Tags),
		"lifecycle":                   object{"prevent_destroy": true},
	}
	if t.SortKey.Name != "" {
		a["range_key"] = t.SortKey.Name
	}
	units(a, t.Capacity())
	if indexes := indexes(t); len(indexes) > 0 {
		a["global_secondary_index"] = indexes
	}
	if t.KMSKeyARN != "" {
		a["server_side_encryption"] = object{"enabled": true, "kms_key_arn": t.KMSKeyARN}
	}
	if t.Stream != "" && t.Stream != spec.NoStream {
		a["stream_enabled"], a["stream_view_type"] = true, t.Stream
	}
	if t.PointInTimeRecovery != nil {
		a["point_in_time_recovery"] = object{"enabled": *t.PointInTimeRecovery}
	}
	if t.TTLAttribute != "" {
		a["ttl"] = object{"attribute_name": t.TTLAttribute, "enabled": true}
	}
	m.add("aws_dynamodb_table", template.Snake(t.LogicalName), a)
}

func indexes(t spec.Table) []any {
	var list []any
	for _, i := range t.Indexes {
		index := object{"name": i.Name, "hash_key": i.PartitionKey.Name, "projection_type": "ALL"}
		if i.SortKey.Name != "" {
			index["range_key"] = i.SortKey.Name
		}
		units(index, t.IndexCapacity(i))
		list = append(list, index)
	}
	return list
}

// units adds the units of a table or an index, unless it is paid by request.
func units(a object, c spec.Capacity) {
	if c != (spec.Capacity{}) {
		a["read_capacity"], a["write_capacity"] = c.Read, c.Write
	}
}
