package template

import (
	"encoding/json"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// The types of DynamoDB tables. The global one is what the CDK makes of a TableV2.
const (
	tableType       = "AWS::DynamoDB::Table"
	globalTableType = "AWS::DynamoDB::GlobalTable"
	samTable        = "AWS::Serverless::SimpleTable"
)

// A Table is a DynamoDB table of a template.
type Table struct {
	Name    string
	Request []byte // the JSON of DynamoDB's CreateTable
	TTL     string // the attribute that ends items, if there is one
}

// isTable reports whether a resource is a table.
func isTable(kind string) bool {
	return slices.Contains([]string{tableType, globalTableType, samTable}, kind)
}

// addTable adds a table, billed by request.
func (b *builder) addTable(id, kind string, r *yaml.Node) error {
	name, err := b.ref(r, id)
	if err != nil {
		return err
	}
	properties := member(r, "Properties")
	request := map[string]any{"TableName": name, "BillingMode": "PAY_PER_REQUEST"}
	if kind == samTable {
		err = b.simpleTable(request, properties)
	} else {
		err = b.tableKeys(request, properties)
	}
	if err != nil {
		return err
	}
	if err := b.addStream(request, properties); err != nil {
		return err
	}
	if request["KeySchema"] == nil {
		return b.errorf(r, "table %s has no KeySchema", id)
	}
	ttl, err := b.text(member(properties, "TimeToLiveSpecification", "AttributeName"))
	if err != nil {
		return err
	}
	data, err := json.Marshal(request)
	if err != nil {
		return b.errorf(r, "table %s: %w", id, err)
	}
	b.keepTable(id, Table{Name: name, Request: data, TTL: ttl})
	return nil
}

// addStream takes what the stream of a table has of each change.
func (b *builder) addStream(request map[string]any, properties *yaml.Node) error {
	view, err := b.text(member(properties, "StreamSpecification", "StreamViewType"))
	if err == nil && view != "" {
		request["StreamSpecification"] = map[string]any{"StreamEnabled": true, "StreamViewType": view}
	}
	return err
}

// keepTable adds a table to the result, and what a configuration can say of it.
func (b *builder) keepTable(id string, t Table) {
	b.result.Tables = append(b.result.Tables, t)
	if b.result.Config.Tables == nil {
		b.result.Config.Tables = make(map[string]project.TableConfig)
	}
	b.result.Config.Tables[id] = tableConfig(t.Request, t.TTL)
}

// tableKeys takes the keys and the indexes of a table.
func (b *builder) tableKeys(request map[string]any, properties *yaml.Node) error {
	for _, key := range []string{
		"AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes",
	} {
		value, err := b.plain(member(properties, key))
		if err != nil {
			return err
		}
		if list, ok := value.([]any); ok && len(list) > 0 {
			request[key] = list
		}
	}
	indexes, _ := request["GlobalSecondaryIndexes"].([]any)
	for _, index := range indexes {
		if m, ok := index.(map[string]any); ok {
			for key := range m {
				if key != "IndexName" && key != "KeySchema" && key != "Projection" {
					delete(m, key) // such as throughput
				}
			}
		}
	}
	return nil
}

// simpleTable takes the key of a table of SAM.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-simpletable.html)
func (b *builder) simpleTable(request map[string]any, properties *yaml.Node) error {
	name, kind := "id", "String"
	if key := member(properties, "PrimaryKey"); key != nil {
		var err error
		if name, err = b.text(member(key, "Name")); err != nil {
			return err
		}
		if kind, err = b.text(member(key, "Type")); err != nil {
			return err
		}
	}
	short := map[string]string{"String": "S", "Number": "N", "Binary": "B"}[kind]
	if name == "" || short == "" {
		return b.errorf(properties, "PrimaryKey needs a Name, and a Type: String, Number or Binary")
	}
	request["AttributeDefinitions"] = []any{
		map[string]any{"AttributeName": name, "AttributeType": short},
	}
	request["KeySchema"] = []any{map[string]any{"AttributeName": name, "KeyType": "HASH"}}
	return nil
}

// plain evaluates a tree.
func (b *builder) plain(n *yaml.Node) (any, error) {
	if name, arg := only(n); name == "Fn::If" {
		branch, err := b.branch(arg)
		if err != nil {
			return nil, err
		}
		return b.plain(branch)
	}
	switch {
	case n == nil:
		return nil, nil
	case n.Kind == yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			value, err := b.plain(child)
			if err != nil {
				return nil, err
			}
			if value != nil {
				list = append(list, value)
			}
		}
		return list, nil
	case n.Kind == yaml.MappingNode && !isIntrinsic(n):
		out := make(map[string]any)
		err := members(n, func(key string, value *yaml.Node) (err error) {
			out[key], err = b.plain(value)
			return err
		})
		return out, err
	}
	return b.text(n)
}

// isIntrinsic reports whether a node is a function of CloudFormation.
func isIntrinsic(n *yaml.Node) bool {
	name, _ := only(n)
	return name == "Ref" || len(name) > 4 && name[:4] == "Fn::"
}

// tableConfig returns what a configuration can say of a table: local indexes and projections it
// cannot.
func tableConfig(request []byte, ttl string) project.TableConfig {
	type keys []struct{ AttributeName, KeyType string }
	var in struct {
		TableName              string
		AttributeDefinitions   []struct{ AttributeName, AttributeType string }
		KeySchema              keys
		StreamSpecification    struct{ StreamViewType string }
		GlobalSecondaryIndexes []struct {
			IndexName string
			KeySchema keys
		}
	}
	if json.Unmarshal(request, &in) != nil {
		return project.TableConfig{} // making the table says what is wrong
	}
	key := func(k keys, n int) *project.KeyConfig {
		if n >= len(k) {
			return nil
		}
		out := &project.KeyConfig{Name: k[n].AttributeName}
		for _, d := range in.AttributeDefinitions {
			if d.AttributeName == out.Name && d.AttributeType != "S" {
				out.Type = d.AttributeType
			}
		}
		return out
	}
	out := project.TableConfig{
		Name: in.TableName, PartitionKey: key(in.KeySchema, 0), SortKey: key(in.KeySchema, 1),
		TTLAttribute: ttl, Stream: in.StreamSpecification.StreamViewType,
	}
	for _, index := range in.GlobalSecondaryIndexes {
		if out.Indexes == nil {
			out.Indexes = make(map[string]project.IndexConfig)
		}
		out.Indexes[index.IndexName] = project.IndexConfig{
			PartitionKey: key(index.KeySchema, 0), SortKey: key(index.KeySchema, 1),
		}
	}
	return out
}
