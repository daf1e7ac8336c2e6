package awstest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// chatTable returns the input for the table of the chat tutorial.
func chatTable() in {
	attribute := func(name string) in { return in{"AttributeName": name, "AttributeType": "S"} }
	return in{
		"TableName": "chat", "AttributeDefinitions": []any{attribute("PK"), attribute("SK")},
		"KeySchema": keys("PK", "SK"), "ProvisionedThroughput": units(5),
		"GlobalSecondaryIndexes": []any{in{
			"IndexName": "ReverseLookup", "KeySchema": keys("SK", "PK"),
			"Projection": in{"ProjectionType": "ALL"}, "ProvisionedThroughput": units(1),
		}},
	}
}

func keys(hash, sort string) []any {
	return []any{
		in{"AttributeName": hash, "KeyType": "HASH"}, in{"AttributeName": sort, "KeyType": "RANGE"},
	}
}

func units(n int) in { return in{"ReadCapacityUnits": n, "WriteCapacityUnits": n} }

// table makes the table of the chat, at once.
func (a *account) table() in {
	a.t.Helper()
	settle := a.Settle
	a.Settle = 0
	a.do("dynamodb CreateTable", chatTable())
	a.Settle = settle
	return in{"TableName": "chat"}
}

func TestTableSettles(t *testing.T) {
	a := newAccount(t)
	name := in{"TableName": "chat"}
	made := a.do("dynamodb CreateTable", chatTable())["TableDescription"].(in)
	a.refused("dynamodb CreateTable", chatTable(), "ResourceInUseException",
		"Table already exists: chat")
	states := []any{made["TableStatus"]}
	describe := func() {
		table := a.do("dynamodb DescribeTable", name)["Table"].(in)
		states = append(states, table["TableStatus"])
	}
	describe()
	describe()
	if got := a.Resources(); !slices.Equal(got, []string{"dynamodb table chat"}) {
		t.Errorf("resources %q", got)
	}
	gone := a.do("dynamodb DeleteTable", name)["TableDescription"].(in)
	states = append(states, gone["TableStatus"])
	describe()
	want := []any{"CREATING", "CREATING", "ACTIVE", "DELETING", "DELETING"}
	if !slices.Equal(states, want) {
		t.Errorf("the table is %v, want %v", states, want)
	}
	if got := a.Resources(); len(got) > 0 {
		t.Errorf("a deleted table is among %q", got)
	}
	a.refused("dynamodb DescribeTable", name, "ResourceNotFoundException", "Table: chat not found")
	a.do("dynamodb CreateTable", chatTable())
	a.refused("dynamodb DeleteTable", name, "ResourceInUseException", "being created")
}

func TestCreateTableRefuses(t *testing.T) {
	index := chatTable()["GlobalSecondaryIndexes"].([]any)[0].(in)
	indexes := func(changes ...in) in {
		var all []any
		for _, change := range changes {
			all = append(all, with(index, change))
		}
		return in{"GlobalSecondaryIndexes": all}
	}
	for name, row := range map[string]struct {
		change in
		text   string
	}{
		"a short name":       {in{"TableName": "ab"}, "tableName"},
		"a name with spaces": {in{"TableName": "my table"}, "tableName"},
		"no throughput":      {in{"ProvisionedThroughput": nil}, "must both be specified"},
		"a throughput too much": {
			in{"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": nil}, "Neither",
		},
		"a key without a type": {in{"KeySchema": keys("PK", "TK")}, "not defined"},
		"a type without a key": {
			with(indexes(), in{"KeySchema": keys("PK", "SK")[:1]}), "are not used",
		},
		"keys the wrong way": {
			in{"KeySchema": []any{keys("PK", "SK")[1], keys("PK", "SK")[0]}}, "KeySchema",
		},
		"two indexes of one name": {indexes(in{}, in{}), "Duplicate index name"},
		"an index of nothing":     {indexes(in{"Projection": in{}}), "ProjectionType"},
		"an index of some": {
			indexes(in{"Projection": in{"ProjectionType": "INCLUDE"}}), "NonKeyAttributes",
		},
		"an index without throughput": {
			indexes(in{"ProvisionedThroughput": nil}), "must both be specified",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.refused("dynamodb CreateTable", with(chatTable(), row.change), "ValidationException",
				row.text)
			if got := a.Resources(); len(got) > 0 {
				t.Errorf("it was made all the same: %q", got)
			}
		})
	}
}

func TestTableIsWhatWasAskedFor(t *testing.T) {
	a := newAccount(t)
	a.table()
	arn := "arn:aws:dynamodb:us-west-2:123456789012:table/chat"
	got := a.do("dynamodb DescribeTable", in{"TableName": arn})["Table"].(in)
	index := got["GlobalSecondaryIndexes"].([]any)[0].(in)
	if got["TableArn"] != arn || index["IndexArn"] != arn+"/index/ReverseLookup" ||
		index["IndexStatus"] != "ACTIVE" {
		t.Errorf("the table is %v", got)
	}
	want := "map[NumberOfDecreasesToday:0 ReadCapacityUnits:5 WriteCapacityUnits:5]"
	if capacity := fmt.Sprint(got["ProvisionedThroughput"]); capacity != want {
		t.Errorf("capacity %v, want %v", capacity, want)
	}
}

func TestUpdateTable(t *testing.T) {
	a := newAccount(t)
	name := a.table()
	payPerRequest := with(name, in{"BillingMode": "PAY_PER_REQUEST"})
	a.do("dynamodb UpdateTable", payPerRequest)
	if got := a.do("dynamodb DescribeTable", name)["Table"].(in)["TableStatus"]; got != "UPDATING" {
		t.Errorf("a table is %v after a change", got)
	}
	a.do("dynamodb UpdateTable", with(name, in{"DeletionProtectionEnabled": false}))
	a.refused("dynamodb UpdateTable", payPerRequest, "ResourceInUseException", "being updated")
	a.refused("dynamodb UpdateTable", payPerRequest, "ValidationException", "will not change")
	change := func(updates ...any) in {
		return with(name, in{"GlobalSecondaryIndexUpdates": updates})
	}
	create := in{"Create": in{
		"IndexName": "other", "KeySchema": keys("SK", "PK"),
		"Projection": in{"ProjectionType": "KEYS_ONLY"},
	}}
	remove := in{"Delete": in{"IndexName": "ReverseLookup"}}
	a.refused("dynamodb UpdateTable", change(create), "ValidationException", "not defined")
	create = with(change(create), in{"AttributeDefinitions": chatTable()["AttributeDefinitions"]})
	a.refused("dynamodb UpdateTable", with(create, in{"GlobalSecondaryIndexUpdates": []any{
		remove, create["GlobalSecondaryIndexUpdates"].([]any)[0],
	}}), "LimitExceededException", "Only 1 online index")
	a.do("dynamodb UpdateTable", create)
	table := a.do("dynamodb DescribeTable", name)["Table"].(in)
	index := table["GlobalSecondaryIndexes"].([]any)[1].(in)
	if index["IndexStatus"] != "CREATING" {
		t.Errorf("a new index is %v", index["IndexStatus"])
	}
	a.refused("dynamodb UpdateTable", create, "ValidationException", "already exists")
	a.do("dynamodb UpdateTable", change(remove))
	a.do("dynamodb DescribeTable", name)
	a.refused("dynamodb UpdateTable", change(remove), "ResourceNotFoundException", "ReverseLookup")
	left := a.do("dynamodb DescribeTable", name)["Table"].(in)["GlobalSecondaryIndexes"].([]any)
	if len(left) != 1 || left[0].(in)["IndexName"] != "other" {
		t.Errorf("indexes %v are left", left)
	}
}

// described returns the members of the table chat, in order, and those of its first index.
func (a *account) described(members ...string) string {
	a.t.Helper()
	table := a.do("dynamodb DescribeTable", in{"TableName": "chat"})["Table"].(in)
	var out []any
	for _, name := range members {
		out = append(out, table[name])
	}
	index := table["GlobalSecondaryIndexes"].([]any)[0].(in)
	return fmt.Sprint(append(out, index["ProvisionedThroughput"])...)
}

func TestUpdateTableBilling(t *testing.T) {
	a := newAccount(t)
	name := a.table()
	a.Settle = 0
	capacity := func(n int) string {
		return fmt.Sprintf("map[NumberOfDecreasesToday:0 ReadCapacityUnits:%d "+
			"WriteCapacityUnits:%[1]d]", n)
	}
	index := func(n int) in {
		return in{"GlobalSecondaryIndexUpdates": []any{in{"Update": in{
			"IndexName": "ReverseLookup", "ProvisionedThroughput": units(n),
		}}}}
	}
	for _, row := range []struct {
		change in
		want   string
	}{
		{in{"ProvisionedThroughput": units(6)}, "<nil> " + capacity(6) + " " + capacity(1)},
		{index(2), "<nil> " + capacity(6) + " " + capacity(2)},
		{
			in{"BillingMode": "PAY_PER_REQUEST"},
			"map[BillingMode:PAY_PER_REQUEST] " + capacity(0) + " " + capacity(0),
		},
		{
			with(index(3), in{"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(7)}),
			"<nil> " + capacity(7) + " " + capacity(3),
		},
	} {
		a.do("dynamodb UpdateTable", with(name, row.change))
		got := a.described("BillingModeSummary", "ProvisionedThroughput")
		if got != row.want {
			t.Errorf("after %v: %s, want %s", row.change, got, row.want)
		}
	}
	a.refused("dynamodb UpdateTable", with(name, in{"ProvisionedThroughput": units(7)}),
		"ValidationException", "will not change")
	twice := index(4)["GlobalSecondaryIndexUpdates"].([]any)
	a.do("dynamodb UpdateTable", with(name, in{
		"GlobalSecondaryIndexUpdates": append(twice, twice...),
	}))
}

func TestUpdateTableIndexOnNewAttribute(t *testing.T) {
	a := newAccount(t)
	name := a.table()
	a.Settle = 0
	before := a.described("AttributeDefinitions")
	a.do("dynamodb UpdateTable", with(name, in{"DeletionProtectionEnabled": false}))
	if got := a.described("AttributeDefinitions"); got != before {
		t.Errorf("attributes are %s, were %s", got, before)
	}
	a.do("dynamodb UpdateTable", with(name, in{
		"AttributeDefinitions": append(chatTable()["AttributeDefinitions"].([]any),
			in{"AttributeName": "room", "AttributeType": "S"}),
		"GlobalSecondaryIndexUpdates": []any{in{"Create": in{
			"IndexName": "rooms", "KeySchema": keys("room", "PK"),
			"Projection": in{"ProjectionType": "ALL"}, "ProvisionedThroughput": units(1),
		}}},
	}))
	if got := a.described("AttributeDefinitions"); !strings.Contains(got, "AttributeName:room") {
		t.Errorf("attributes are %s, want one more", got)
	}
}

func TestDeletionProtection(t *testing.T) {
	a := newAccount(t)
	name := a.table()
	a.Settle = 0
	a.do("dynamodb UpdateTable", with(name, in{"DeletionProtectionEnabled": true}))
	a.do("dynamodb UpdateTable", with(name, in{"BillingMode": "PAY_PER_REQUEST"}))
	a.refused("dynamodb DeleteTable", name, "ValidationException", "protected against deletion")
	a.do("dynamodb UpdateTable", with(name, in{"DeletionProtectionEnabled": false}))
	a.do("dynamodb DeleteTable", name)
}

func TestTimeToLive(t *testing.T) {
	a := newAccount(t)
	name := a.table()
	set := func(enabled bool, attribute string) in {
		return with(name, in{"TimeToLiveSpecification": in{
			"Enabled": enabled, "AttributeName": attribute,
		}})
	}
	status := func() any {
		out := a.do("dynamodb DescribeTimeToLive", name)["TimeToLiveDescription"].(in)
		return out["TimeToLiveStatus"]
	}
	a.refused("dynamodb UpdateTimeToLive", set(false, "ttl"), "ValidationException",
		"already disabled")
	a.do("dynamodb UpdateTimeToLive", set(true, "ttl"))
	a.refused("dynamodb UpdateTimeToLive", set(false, "ttl"), "ValidationException", "fixed interval")
	if got := status(); got != "ENABLED" {
		t.Errorf("time to live is %v after one poll", got)
	}
	out := a.do("dynamodb DescribeTimeToLive", name)["TimeToLiveDescription"].(in)
	if out["AttributeName"] != "ttl" {
		t.Errorf("time to live is %v", out)
	}
	a.refused("dynamodb UpdateTimeToLive", set(true, "ttl"), "ValidationException", "already enabled")
	a.refused("dynamodb UpdateTimeToLive", set(false, "other"), "ValidationException", "ttl")
	a.do("dynamodb UpdateTimeToLive", set(false, "ttl"))
	if got := []any{status(), status()}; !slices.Equal(got, []any{"DISABLING", "DISABLED"}) {
		t.Errorf("time to live is %v", got)
	}
	out = a.do("dynamodb DescribeTimeToLive", name)["TimeToLiveDescription"].(in)
	if _, ok := out["AttributeName"]; ok {
		t.Errorf("no time to live is %v", out)
	}
	a.do("dynamodb UpdateTimeToLive", set(true, "ttl"))
	if got := []any{status(), status()}; !slices.Equal(got, []any{"ENABLING", "ENABLED"}) {
		t.Errorf("time to live is %v", got)
	}
	a.do("dynamodb CreateTable", with(chatTable(), in{"TableName": "new"}))
	a.refused("dynamodb UpdateTimeToLive", with(set(true, "ttl"), in{"TableName": "new"}),
		"ResourceInUseException", "being created")
}

func TestTableTagsAndNamesHavePages(t *testing.T) {
	a := newAccount(t)
	a.table()
	a.do("dynamodb CreateTable", with(chatTable(), in{"TableName": "chat2"}))
	a.do("dynamodb CreateTable", with(chatTable(), in{"TableName": "chat3"}))
	first := a.do("dynamodb ListTables", in{})
	second := a.do("dynamodb ListTables", in{
		"ExclusiveStartTableName": first["LastEvaluatedTableName"],
	})
	if got := fmt.Sprint(first, second); got !=
		"map[LastEvaluatedTableName:chat2 TableNames:[chat chat2]] map[TableNames:[chat3]]" {
		t.Errorf("tables %s", got)
	}
	resource := in{"ResourceArn": "arn:aws:dynamodb:us-west-2:123456789012:table/chat"}
	var tags []any
	for _, key := range []string{"a", "b", "c", "d"} {
		tags = append(tags, in{"Key": key, "Value": "v"})
	}
	a.do("dynamodb TagResource", with(resource, in{"Tags": tags}))
	a.do("dynamodb UntagResource", with(resource, in{"TagKeys": []any{"a"}}))
	if old := a.do("dynamodb ListTagsOfResource", resource); len(old["Tags"].([]any)) != 0 {
		t.Errorf("the tags are read at once: %v", old)
	}
	one := a.do("dynamodb ListTagsOfResource", resource)
	for n := 0; n < 5 && !strings.Contains(fmt.Sprint(one), "Key:b"); n++ { // they lag
		one = a.do("dynamodb ListTagsOfResource", resource)
	}
	two := a.do("dynamodb ListTagsOfResource", with(resource, in{"NextToken": one["NextToken"]}))
	if got := fmt.Sprint(one["Tags"], two); got !=
		"[map[Key:b Value:v] map[Key:c Value:v]] map[Tags:[map[Key:d Value:v]]]" {
		t.Errorf("tags %s", got)
	}
	for i := range 50 {
		tags = append(tags, in{"Key": fmt.Sprint(i), "Value": ""})
	}
	a.refused("dynamodb TagResource", with(resource, in{"Tags": tags}), "ValidationException",
		"Too many")
	reserved := []any{in{"Key": "aws:", "Value": ""}}
	a.refused("dynamodb TagResource", with(resource, in{"Tags": reserved}), "ValidationException",
		"aws:")
}

func TestItems(t *testing.T) {
	a := newAccount(t)
	item := in{"PK": in{"S": "room_a"}, "SK": in{"S": "conn_1"}}
	put := in{"TableName": "chat", "Item": item}
	get := in{"TableName": "chat", "Key": item, "ConsistentRead": true}
	if code, _ := a.items("PutItem", put); code != "ResourceNotFoundException" {
		t.Errorf("put to no table: %q", code)
	}
	a.do("dynamodb CreateTable", chatTable())
	if code, _ := a.items("PutItem", put); code != "ResourceNotFoundException" {
		t.Errorf("put to a table that is CREATING: %q", code)
	}
	a.do("dynamodb DescribeTable", in{"TableName": "chat"})
	if code, out := a.items("PutItem", put); code != "" {
		t.Errorf("put: %s %v", code, out)
	}
	if _, out := a.items("GetItem", get); fmt.Sprint(out["Item"]) != fmt.Sprint(item) {
		t.Errorf("got %v, want %v", out, item)
	}
	if code, _ := a.items("PutItem", with(put, in{"TableName": "other"})); code == "" {
		t.Error("put to another table is fine")
	}
	two := in{"chat": in{"Keys": []any{item}}, "other": in{"Keys": []any{item}}}
	if code, _ := a.items("BatchGetItem", in{"RequestItems": two}); code != "ValidationException" {
		t.Errorf("get of two tables at once: %q", code)
	}
	a.do("dynamodb DeleteTable", in{"TableName": "chat"})
	a.refused("dynamodb DeleteTable", in{"TableName": "chat"}, "ResourceInUseException",
		"being deleted")
	if code, _ := a.items("GetItem", get); code != "ResourceNotFoundException" {
		t.Errorf("get of a table that is DELETING: %q", code)
	}
}

// items asks the handler of items, and returns the code of the error, if it is one.
func (a *account) items(operation string, with in) (string, in) {
	a.t.Helper()
	body, err := json.Marshal(with)
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := a.OperateItems(operation, body)
	if err != nil {
		a.t.Fatal(err)
	}
	var answer in
	if err := json.Unmarshal(out, &answer); err != nil {
		a.t.Fatalf("%s answers %s: %v", operation, out, err)
	}
	code, _ := answer["__type"].(string)
	return code[strings.LastIndex(code, "#")+1:], answer
}
