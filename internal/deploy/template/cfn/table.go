package cfn

import (
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// table adds a table. CloudFormation keeps it when it deletes the stack or replaces the table.
func (s *stack) table(t spec.Table) {
	keys := t.Attributes()
	var definitions []any
	for _, a := range keys {
		definitions = append(definitions,
			object{"AttributeName": a.Name, "AttributeType": a.Type})
	}
	p := object{
		"TableName":                 t.Name,
		"AttributeDefinitions":      definitions,
		"KeySchema":                 keySchema(t.PartitionKey, t.SortKey),
		"BillingMode":               t.BillingMode(),
		"DeletionProtectionEnabled": t.Protected(),
		"Tags":                      s.tags(t.Tags),
	}
	provision(p, t.Capacity())
	if indexes := indexes(t); len(indexes) > 0 {
		p["GlobalSecondaryIndexes"] = indexes
	}
	if t.KMSKeyARN != "" {
		p["SSESpecification"] = object{
			"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": t.KMSKeyARN,
		}
	}
	if t.Stream != "" && t.Stream != spec.NoStream {
		p["StreamSpecification"] = object{"StreamViewType": t.Stream}
	}
	if t.PointInTimeRecovery != nil {
		p["PointInTimeRecoverySpecification"] = object{
			"PointInTimeRecoveryEnabled": *t.PointInTimeRecovery,
		}
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

func indexes(t spec.Table) []any {
	var list []any
	for _, i := range t.Indexes {
		index := object{
			"IndexName": i.Name, "KeySchema": keySchema(i.PartitionKey, i.SortKey),
			"Projection": object{"ProjectionType": "ALL"},
		}
		provision(index, t.IndexCapacity(i))
		list = append(list, index)
	}
	return list
}

// provision adds the units of a table or an index, unless it is paid by request.
func provision(p object, c spec.Capacity) {
	if c != (spec.Capacity{}) {
		p["ProvisionedThroughput"] = object{"ReadCapacityUnits": c.Read, "WriteCapacityUnits": c.Write}
	}
}

func keySchema(partition, sort spec.Attribute) []any {
	keys := []any{object{"AttributeName": partition.Name, "KeyType": "HASH"}}
	if sort.Name != "" {
		keys = append(keys, object{"AttributeName": sort.Name, "KeyType": "RANGE"})
	}
	return keys
}
