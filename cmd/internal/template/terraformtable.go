package template

import (
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (t *terraform) addTable(one block) error {
	name := value(one.values, "name")
	if name == "" {
		name = strings.TrimPrefix(one.address, one.kind+".")
	}
	type object = map[string]any
	keys := func(n *yaml.Node) []any {
		list := []any{object{"AttributeName": value(n, "hash_key"), "KeyType": "HASH"}}
		if sort := value(n, "range_key"); sort != "" {
			list = append(list, object{"AttributeName": sort, "KeyType": "RANGE"})
		}
		return list
	}
	request := object{
		"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": keys(one.values),
	}
	var definitions []any
	for _, a := range elements(member(one.values, "attribute")) {
		definitions = append(definitions, object{
			"AttributeName": value(a, "name"), "AttributeType": value(a, "type"),
		})
	}
	request["AttributeDefinitions"] = definitions
	for attribute, key := range map[string]string{
		"global_secondary_index": "GlobalSecondaryIndexes",
		"local_secondary_index":  "LocalSecondaryIndexes",
	} {
		var all []any
		for _, index := range elements(member(one.values, attribute)) {
			schema := keys(index)
			if attribute == "local_secondary_index" {
				schema[0] = object{"AttributeName": value(one.values, "hash_key"), "KeyType": "HASH"}
			}
			projection := object{"ProjectionType": value(index, "projection_type")}
			var others []string
			for _, n := range elements(member(index, "non_key_attributes")) {
				others = append(others, n.Value)
			}
			if others != nil {
				projection["NonKeyAttributes"] = others
			}
			all = append(all, object{
				"IndexName": value(index, "name"), "KeySchema": schema, "Projection": projection,
			})
		}
		if all != nil {
			request[key] = all
		}
	}
	ttl := ""
	for _, n := range elements(member(one.values, "ttl")) {
		ttl = value(n, "attribute_name")
	}
	data, err := json.Marshal(request)
	if err != nil {
		return t.errorf(one.values, "table %s: %w", name, err)
	}
	id := strings.TrimPrefix(one.address, one.kind+".")
	t.keepTable(id, Table{Name: name, Request: data, TTL: ttl})
	return nil
}
