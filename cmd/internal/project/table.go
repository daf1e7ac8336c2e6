package project

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A TableConfig is a DynamoDB table of the application.
type TableConfig struct {
	// Variable is the environment variable that has the name of the table. The default is TABLE if
	// there is only one table.
	Variable string `json:"environment_variable"`
	// Name is the name on AWS. The default is {app}-{stage}-{logical name}.
	Name         string                 `json:"table_name"`
	PartitionKey *KeyConfig             `json:"partition_key"`
	SortKey      *KeyConfig             `json:"sort_key"`
	Indexes      map[string]IndexConfig `json:"indexes"`

	// Without capacity units a new table is billed by request, and one that exists stays as it is.
	BillingMode   string `json:"billing_mode" allow:"PAY_PER_REQUEST|PROVISIONED"`
	ReadCapacity  int64  `json:"read_capacity" allow:"1..1000000"`
	WriteCapacity int64  `json:"write_capacity" allow:"1..1000000"`

	PITR      *bool  `json:"point_in_time_recovery"`
	KMSKeyARN string `json:"kms_key_arn"`
	// Stream is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES or NONE.
	Stream string `json:"stream_view_type"`

	TTLAttribute       string            `json:"ttl_attribute"`
	DeletionProtection *bool             `json:"deletion_protection"`
	Actions            []string          `json:"actions"` // permitted to functions, such as "Query"
	Tags               map[string]string `json:"tags"`
}

// A KeyConfig is a key attribute.
type KeyConfig struct {
	Name string `json:"name"`
	Type string `json:"type" allow:"S|N|B"` // "S", the default, "N" or "B"
}

// An IndexConfig is a global secondary index of a table.
type IndexConfig struct {
	PartitionKey  *KeyConfig `json:"partition_key"`
	SortKey       *KeyConfig `json:"sort_key"`
	ReadCapacity  int64      `json:"read_capacity" allow:"1..1000000"`
	WriteCapacity int64      `json:"write_capacity" allow:"1..1000000"`
}

// CreateRequest returns the JSON of DynamoDB's CreateTable for a table with a name, which is billed
// by request.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html)
func (t TableConfig) CreateRequest(name string) ([]byte, error) {
	kinds := make(map[string]string)
	keys, err := schema(t.PartitionKey, t.SortKey, kinds)
	if err != nil {
		return nil, err
	}
	request := map[string]any{
		"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys,
	}
	var indexes []map[string]any
	for _, index := range slices.Sorted(maps.Keys(t.Indexes)) {
		keys, err := schema(t.Indexes[index].PartitionKey, t.Indexes[index].SortKey, kinds)
		if err != nil {
			return nil, fmt.Errorf(".indexes.%s%w", index, err)
		}
		indexes = append(indexes, map[string]any{
			"IndexName": index, "KeySchema": keys,
			"Projection": map[string]string{"ProjectionType": "ALL"},
		})
	}
	if t.Stream != "" && t.Stream != "NONE" {
		request["StreamSpecification"] = map[string]any{
			"StreamEnabled": true, "StreamViewType": t.Stream,
		}
	}
	if indexes != nil {
		request["GlobalSecondaryIndexes"] = indexes
	}
	var definitions []map[string]string
	for _, attribute := range slices.Sorted(maps.Keys(kinds)) {
		definitions = append(definitions, map[string]string{
			"AttributeName": attribute, "AttributeType": kinds[attribute],
		})
	}
	request["AttributeDefinitions"] = definitions
	return json.Marshal(request)
}

// schema returns a key schema, and notes the types of its attributes.
func schema(partition, sort *KeyConfig, kinds map[string]string) ([]map[string]string, error) {
	if partition == nil {
		return nil, errors.New(` has no partition_key, such as {"name": "PK"}`)
	}
	kinds[partition.Name] = cmp.Or(partition.Type, "S")
	keys := []map[string]string{{"AttributeName": partition.Name, "KeyType": "HASH"}}
	if sort != nil {
		kinds[sort.Name] = cmp.Or(sort.Type, "S")
		keys = append(keys, map[string]string{"AttributeName": sort.Name, "KeyType": "RANGE"})
	}
	return keys, nil
}
