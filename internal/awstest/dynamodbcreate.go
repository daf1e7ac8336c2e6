package awstest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/dynamotest"
)

// tablePattern: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
var tablePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// tableName returns the name in a name or an ARN.
func tableName(c *Cloud, s string) string {
	return strings.TrimPrefix(s, c.arn("dynamodb", "table/"))
}

func createTable(c *Cloud, in params) (map[string]any, error) {
	name := tableName(c, in.str("TableName"))
	if !tablePattern.MatchString(name) {
		return nil, tooLarge("tableName", name, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"+
			" and have 3 to 255 characters")
	}
	if t, _ := findTable(c, in); t != nil {
		return nil, inUse("Table already exists: %s", name)
	}
	if err := checkTable(in); err != nil {
		return nil, err
	}
	t := newTable(c, name, in)
	c.dynamo.tables[name] = t
	return map[string]any{"TableDescription": t.describe()}, nil
}

func newTable(c *Cloud, name string, in params) *table {
	t := &table{
		arn: c.arn("dynamodb", "table/"+name), creating: c.Settle, items: newItems(name, in),
		tags: make(map[string]string),
	}
	for _, tag := range in.objs("Tags") {
		t.tags[tag.str("Key")] = tag.str("Value")
	}
	t.members = map[string]any{
		"TableName": name, "TableArn": t.arn, "TableId": uuid(c), "CreationDateTime": c.now(),
		"AttributeDefinitions": in["AttributeDefinitions"], "KeySchema": in["KeySchema"],
		"ItemCount": 0, "TableSizeBytes": 0,
		"DeletionProtectionEnabled": in.flag("DeletionProtectionEnabled"),
	}
	t.bill(in)
	for _, index := range in.objs("GlobalSecondaryIndexes") {
		t.indexes = append(t.indexes, t.index(index))
	}
	return t
}

// bill takes over how the table is paid for.
func (t *table) bill(in params) {
	t.members["ProvisionedThroughput"] = capacity(in.obj("ProvisionedThroughput"))
	delete(t.members, "BillingModeSummary")
	if in.str("BillingMode") == "PAY_PER_REQUEST" {
		t.members["BillingModeSummary"] = map[string]any{"BillingMode": "PAY_PER_REQUEST"}
	}
}

// capacity returns a ProvisionedThroughputDescription: of zeroes if the table is paid by request.
func capacity(in params) map[string]any {
	return map[string]any{
		"ReadCapacityUnits": in.num("ReadCapacityUnits"), "NumberOfDecreasesToday": 0,
		"WriteCapacityUnits": in.num("WriteCapacityUnits"),
	}
}

// index describes an index that is asked for.
func (t *table) index(in params) map[string]any {
	return map[string]any{
		"IndexName": in["IndexName"], "IndexArn": t.arn + "/index/" + in.str("IndexName"),
		"KeySchema": in["KeySchema"], "Projection": in["Projection"], "ItemCount": 0,
		"IndexSizeBytes":        0,
		"ProvisionedThroughput": capacity(in.obj("ProvisionedThroughput")),
	}
}

// checkTable checks a new table. The texts are those that DynamoDB has.
func checkTable(in params) error {
	for _, name := range []string{
		"LocalSecondaryIndexes", "StreamSpecification", "SSESpecification", "ResourcePolicy",
		"GlobalTableSourceArn",
	} {
		if !blank(in[name]) {
			return unserved(name + " of tables")
		}
	}
	schemas := [][]params{in.objs("KeySchema")}
	names := make(map[string]bool)
	for _, index := range in.objs("GlobalSecondaryIndexes") {
		if names[index.str("IndexName")] {
			return invalid("One or more parameter values were invalid: Duplicate index name: %s",
				index.str("IndexName"))
		}
		names[index.str("IndexName")] = true
		schemas = append(schemas, index.objs("KeySchema"))
		if err := checkIndex(in.str("BillingMode"), index); err != nil {
			return err
		}
	}
	if err := checkCapacity(in.str("BillingMode"), in); err != nil {
		return err
	}
	return checkKeys(schemas, in.objs("AttributeDefinitions"))
}

// checkCapacity: a throughput is given, or the table is paid by request.
func checkCapacity(mode string, in params) error {
	switch {
	case mode == "PAY_PER_REQUEST" && in.has("ProvisionedThroughput"):
		return invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor " +
			"WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case mode != "PAY_PER_REQUEST" && !in.has("ProvisionedThroughput"):
		return invalid("One or more parameter values were invalid: ReadCapacityUnits and " +
			"WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return nil
}

func checkIndex(mode string, index params) error {
	projection := index.obj("Projection")
	kind, named := projection.str("ProjectionType"), len(projection.list("NonKeyAttributes"))
	if kind == "" || (kind == "INCLUDE") != (named > 0) {
		return invalid("One or more parameter values were invalid: ProjectionType %q with %d "+
			"NonKeyAttributes", kind, named)
	}
	return checkCapacity(mode, index)
}

// checkKeys checks that the attributes of all keys, and only they, are defined.
func checkKeys(schemas [][]params, definitions []params) error {
	var defined, used []string
	for _, d := range definitions {
		defined = append(defined, d.str("AttributeName"))
	}
	for _, schema := range schemas {
		for i, k := range schema {
			if i > 1 || k.str("KeyType") != []string{"HASH", "RANGE"}[i] {
				return invalid("Invalid KeySchema: the first element is HASH, the second, if any, RANGE")
			}
			if !slices.Contains(defined, k.str("AttributeName")) {
				return invalid("One or more parameter values were invalid: Some index key attributes "+
					"are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: %v",
					k.str("AttributeName"), defined)
			}
			used = append(used, k.str("AttributeName"))
		}
	}
	for _, name := range defined {
		if !slices.Contains(used, name) {
			return invalid("One or more parameter values were invalid: Some AttributeDefinitions "+
				"are not used. AttributeDefinitions: %v, keys used: %v", defined, used)
		}
	}
	return nil
}

// newItems makes the server of a table's items. It knows keys of two strings; with others it has
// no table, and every operation on items fails.
func newItems(name string, in params) *dynamotest.Server {
	s := &dynamotest.Server{}
	wanted := map[string]any{
		"TableName": name, "KeySchema": in["KeySchema"], "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": in["AttributeDefinitions"],
	}
	body, _ := json.Marshal(wanted) // cannot fail: it was JSON
	r, _ := http.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.CreateTable")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 by the stand-in itself")
	s.ServeHTTP(&recorder{answer: answer{header: make(http.Header)}}, r)
	return s
}
