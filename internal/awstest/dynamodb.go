package awstest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/tyg-dev/tyg/internal/dynamotest"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// dynamoState is what DynamoDB keeps.
type dynamoState struct {
	tables map[string]*table // by name
}

func newDynamoState() *dynamoState { return &dynamoState{tables: make(map[string]*table)} }

// A table is a table of DynamoDB. Its items are in a server of their own, so that they go with it.
type table struct {
	arn      string
	members  map[string]any // of TableDescription, but for the states
	indexes  []map[string]any
	newIndex any // the name of the one that the last update made
	tags     map[string]string
	ttl      string // attribute, "" for none

	items *dynamotest.Server

	creating, updating, deleting, ttlSettling int // polls
	gone                                      bool
}

// dynamoOperations are the operations on tables, by their names.
func dynamoOperations() map[string]operation {
	return map[string]operation{
		"CreateTable":               createTable,
		"DescribeTable":             describeTable,
		"UpdateTable":               updateTable,
		"DeleteTable":               deleteTable,
		"ListTables":                listTables,
		"DescribeTimeToLive":        describeTimeToLive,
		"UpdateTimeToLive":          updateTimeToLive,
		"DescribeContinuousBackups": describeContinuousBackups,
		"TagResource":               tagTable,
		"UntagResource":             untagTable,
		"ListTagsOfResource":        listTableTags,
	}
}

// resources names everything that exists and is not about to go.
func (s *dynamoState) resources() []string {
	var all []string
	for name, t := range s.tables {
		if !t.gone {
			all = append(all, "dynamodb table "+name)
		}
	}
	return all
}

// items serves the operations on items.
func (s *dynamoState) items() http.Handler { return http.HandlerFunc(s.serveItems) }

// serveItems hands a request on to the table that it names: one, though BatchGetItem may name many.
func (s *dynamoState) serveItems(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var in struct {
		TableName    string
		RequestItems map[string]any
	}
	_ = json.Unmarshal(body, &in) // it is valid JSON, or nobody had called this
	names := slices.Collect(maps.Keys(in.RequestItems))
	if in.TableName != "" {
		names = append(names, in.TableName)
	}
	if len(names) != 1 {
		answerItems(w, wire.Invalid("the stand-in serves one table at a time, not %v", names))
		return
	}
	t := s.tables[names[0]]
	if t == nil || t.gone || t.creating > 0 {
		answerItems(w, noItems())
		return
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	t.items.ServeHTTP(w, again)
}

// noItems is the answer of a table that is not there yet, or not any more.
func noItems() error {
	return wire.Fail(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found")
}

func answerItems(w http.ResponseWriter, err error) {
	e := err.(*wire.Error)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"__type": "com.amazonaws.dynamodb.v20120810#" + e.Code, "message": e.Message,
	})
}

// findTable returns the table that an input names, by itself or by its ARN.
func findTable(c *Cloud, in wire.Params) (*table, error) {
	name := tableName(c, in.Str("TableName")+in.Str("ResourceArn"))
	t := c.dynamo.tables[name]
	if t != nil && t.gone && !account.Poll(&t.deleting) {
		delete(c.dynamo.tables, name)
		t = nil
	}
	if t == nil {
		return nil, wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
			"Requested resource not found: Table: %s not found", name)
	}
	return t, nil
}

// activeTable returns the table that an input names if it can be changed. Asking is a poll.
func activeTable(c *Cloud, in wire.Params) (*table, error) {
	t, err := findTable(c, in)
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

func describeTable(c *Cloud, in wire.Params) (map[string]any, error) {
	t, err := findTable(c, in)
	if err != nil {
		return nil, err
	}
	out := t.describe()
	if !account.Poll(&t.creating) {
		account.Poll(&t.updating)
	}
	return map[string]any{"Table": out}, nil
}

func listTables(c *Cloud, in wire.Params) (map[string]any, error) {
	names := slices.Sorted(maps.Keys(c.dynamo.tables))
	start := in.Str("ExclusiveStartTableName")
	names = slices.DeleteFunc(names, func(name string) bool { return name <= start })
	names, next := account.PageOfStrings(c.Account, names, in.Num("Limit"), "")
	out := map[string]any{"TableNames": names}
	if next != "" {
		out["LastEvaluatedTableName"] = names[len(names)-1]
	}
	return out, nil
}

func deleteTable(c *Cloud, in wire.Params) (map[string]any, error) {
	t, err := activeTable(c, in)
	if err != nil {
		return nil, err
	}
	if t.members["DeletionProtectionEnabled"] == true {
		return nil, wire.Invalid("Resource cannot be deleted as it is currently protected against " +
			"deletion. Disable deletion protection first.")
	}
	t.gone, t.deleting = true, c.Settle
	return map[string]any{"TableDescription": t.describe()}, nil
}
