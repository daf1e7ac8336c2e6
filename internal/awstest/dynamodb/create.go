package dynamodb

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// tablePattern is what the name of a table matches.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html)
var tablePattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// tableName returns the name in a name or an ARN.
func tableName(s string) string {
	return strings.TrimPrefix(s, account.ARN("dynamodb", "table/"))
}

func (s *State) createTable(in wire.Params) (map[string]any, error) {
	name := tableName(in.Str("TableName"))
	if !tablePattern.MatchString(name) {
		return nil, wire.BreaksConstraint("tableName", name,
			"satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have 3 to 255 characters")
	}
	if t, _ := s.findTable(in); t != nil {
		return nil, inUse("Table already exists: %s", name)
	}
	if err := checkTable(in); err != nil {
		return nil, err
	}
	if s.MaxTables > 0 && len(s.tables) >= s.MaxTables {
		return nil, wire.Fail(http.StatusBadRequest, "LimitExceededException", "Subscriber limit "+
			"exceeded: There is a limit of %d tables per subscriber", s.MaxTables)
	}
	if in.Has("StreamSpecification") {
		if err := checkStream(in.Obj("StreamSpecification")); err != nil {
			return nil, err
		}
	}
	t := s.newTable(name, in)
	s.tables[name] = t
	return map[string]any{"TableDescription": t.describe()}, nil
}

func (s *State) newTable(name string, in wire.Params) *table {
	t := &table{
		arn: account.ARN("dynamodb", "table/"+name), creating: s.Settle, items: newItems(name, in),
		tags: make(map[string]string),
	}
	for _, tag := range in.Objs("Tags") {
		t.tags[tag.Str("Key")] = tag.Str("Value")
	}
	t.tagSettling = s.Settle
	t.members = map[string]any{
		"TableName": name, "TableArn": t.arn, "TableId": s.NewUUID(), "CreationDateTime": s.Now(),
		"AttributeDefinitions": in["AttributeDefinitions"], "KeySchema": in["KeySchema"],
		"ItemCount": 0, "TableSizeBytes": 0,
		"DeletionProtectionEnabled": in.Flag("DeletionProtectionEnabled"),
	}
	t.backupSettling = s.Settle
	t.encrypt(in.Obj("SSESpecification"))
	if spec := in.Obj("StreamSpecification"); spec.Flag("StreamEnabled") {
		_ = s.stream(t, spec) // it has been checked
	}
	t.bill(in)
	for _, index := range in.Objs("GlobalSecondaryIndexes") {
		t.indexes = append(t.indexes, t.index(index))
	}
	return t
}

// bill sets the billing mode and the throughput.
func (t *table) bill(in wire.Params) {
	t.members["ProvisionedThroughput"] = capacity(in.Obj("ProvisionedThroughput"))
	delete(t.members, "BillingModeSummary")
	if in.Str("BillingMode") == "PAY_PER_REQUEST" {
		t.members["BillingModeSummary"] = map[string]any{"BillingMode": "PAY_PER_REQUEST"}
	}
}

// capacity returns a ProvisionedThroughputDescription: zeroes if the table is paid by request.
func capacity(in wire.Params) map[string]any {
	return map[string]any{
		"ReadCapacityUnits": in.Num("ReadCapacityUnits"), "NumberOfDecreasesToday": 0,
		"WriteCapacityUnits": in.Num("WriteCapacityUnits"),
	}
}

// index returns the description of an index that an input asks for.
func (t *table) index(in wire.Params) map[string]any {
	return map[string]any{
		"IndexName": in["IndexName"], "IndexArn": t.arn + "/index/" + in.Str("IndexName"),
		"KeySchema": in["KeySchema"], "Projection": in["Projection"], "ItemCount": 0,
		"IndexSizeBytes":        0,
		"ProvisionedThroughput": capacity(in.Obj("ProvisionedThroughput")),
	}
}

// checkTable checks a new table. The messages are those of DynamoDB.
func checkTable(in wire.Params) error {
	for _, name := range []string{
		"LocalSecondaryIndexes", "ResourcePolicy", "GlobalTableSourceArn",
	} {
		if !wire.Blank(in[name]) {
			return wire.Unserved(name + " of tables")
		}
	}
	schemas := [][]wire.Params{in.Objs("KeySchema")}
	names := make(map[string]bool)
	for _, index := range in.Objs("GlobalSecondaryIndexes") {
		if names[index.Str("IndexName")] {
			return wire.Invalid("One or more parameter values were invalid: Duplicate index name: %s",
				index.Str("IndexName"))
		}
		names[index.Str("IndexName")] = true
		schemas = append(schemas, index.Objs("KeySchema"))
		if err := checkIndex(in.Str("BillingMode"), index); err != nil {
			return err
		}
	}
	if err := checkCapacity(in.Str("BillingMode"), in); err != nil {
		return err
	}
	return checkKeys(schemas, in.Objs("AttributeDefinitions"))
}

// checkCapacity checks that there is a throughput if and only if the table is not paid by request.
func checkCapacity(mode string, in wire.Params) error {
	switch {
	case mode == "PAY_PER_REQUEST" && in.Has("ProvisionedThroughput"):
		return wire.Invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor " +
			"WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case mode != "PAY_PER_REQUEST" && !in.Has("ProvisionedThroughput"):
		return wire.Invalid("One or more parameter values were invalid: ReadCapacityUnits and " +
			"WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return nil
}

func checkIndex(mode string, index wire.Params) error {
	projection := index.Obj("Projection")
	kind, named := projection.Str("ProjectionType"), len(projection.List("NonKeyAttributes"))
	if kind == "" || (kind == "INCLUDE") != (named > 0) {
		return wire.Invalid("One or more parameter values were invalid: ProjectionType %q with %d "+
			"NonKeyAttributes", kind, named)
	}
	return checkCapacity(mode, index)
}

// checkKeys checks that the attributes of all keys, and only they, are defined.
func checkKeys(schemas [][]wire.Params, definitions []wire.Params) error {
	var defined, used []string
	for _, d := range definitions {
		defined = append(defined, d.Str("AttributeName"))
	}
	for _, schema := range schemas {
		for i, k := range schema {
			if i > 1 || k.Str("KeyType") != []string{"HASH", "RANGE"}[i] {
				return wire.Invalid("Invalid KeySchema: the first element is HASH, the second, if any, RANGE")
			}
			if !slices.Contains(defined, k.Str("AttributeName")) {
				return wire.Invalid("One or more parameter values were invalid: Some index key attributes "+
					"are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: %v",
					k.Str("AttributeName"), defined)
			}
			used = append(used, k.Str("AttributeName"))
		}
	}
	for _, name := range defined {
		if !slices.Contains(used, name) {
			return wire.Invalid("One or more parameter values were invalid: Some AttributeDefinitions "+
				"are not used. AttributeDefinitions: %v, keys used: %v", defined, used)
		}
	}
	return nil
}
