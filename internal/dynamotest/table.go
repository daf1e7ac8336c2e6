package dynamotest

import (
	"maps"
	"regexp"
	"slices"
)

// Limits of keys and items, in bytes.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
	maxItem         = 400 << 10
)

// A table has a partition key and a sort key, both strings.
type table struct {
	hash, sort  string
	description map[string]any
	partitions  map[string]map[string]item
}

// CreateTable makes a table with the keys of package rooms/dynamo. No table of that name may exist.
func (s *Server) CreateTable(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(name, &table{hash: "PK", sort: "SK", description: map[string]any{
		"TableName": name, "TableStatus": "ACTIVE",
	}})
}

func (s *Server) add(name string, t *table) {
	if s.tables == nil {
		s.tables = make(map[string]*table)
	}
	t.partitions = make(map[string]map[string]item)
	s.tables[name] = t
}

type keyElement struct{ AttributeName, KeyType string }

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

type index struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            struct{ ProjectionType string }
	ProvisionedThroughput *throughput `json:",omitempty"`
}

type createTableInput struct {
	TableName              string
	BillingMode            string
	AttributeDefinitions   []struct{ AttributeName, AttributeType string }
	KeySchema              []keyElement
	GlobalSecondaryIndexes []index
	ProvisionedThroughput  *throughput
}

var tablePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

func (s *Server) createTable(in createTableInput) (any, error) {
	if !tablePattern.MatchString(in.TableName) {
		return nil, invalid("table name %q", in.TableName)
	}
	if s.tables[in.TableName] != nil {
		return nil, &apiError{"ResourceInUseException", "Table already exists: " + in.TableName}
	}
	if (in.BillingMode == "PAY_PER_REQUEST") == (in.ProvisionedThroughput != nil) {
		return nil, invalid("a table has a throughput, or is paid by request")
	}
	hash, sort, err := in.keys(in.KeySchema)
	if err != nil {
		return nil, err
	}
	for _, x := range in.GlobalSecondaryIndexes {
		if _, _, err := in.keys(x.KeySchema); err != nil {
			return nil, err
		}
	}
	s.add(in.TableName, &table{hash: hash, sort: sort, description: map[string]any{
		"TableName": in.TableName, "TableStatus": "ACTIVE",
		"AttributeDefinitions": in.AttributeDefinitions, "KeySchema": in.KeySchema,
		"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/" + in.TableName,
	}})
	return s.describeTable(describeTableInput{in.TableName})
}

func (in createTableInput) keys(schema []keyElement) (hash, sort string, err error) {
	if len(schema) != 2 || schema[0].KeyType != "HASH" || schema[1].KeyType != "RANGE" {
		return "", "", invalid("this server knows keys of two parts only, not %v", schema)
	}
	for _, k := range schema {
		defined := slices.ContainsFunc(in.AttributeDefinitions,
			func(d struct{ AttributeName, AttributeType string }) bool {
				return d.AttributeName == k.AttributeName && d.AttributeType == "S"
			})
		if !defined {
			return "", "", invalid("key %s is not defined as a string", k.AttributeName)
		}
	}
	return schema[0].AttributeName, schema[1].AttributeName, nil
}

type describeTableInput struct{ TableName string }

func (s *Server) describeTable(in describeTableInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Table": t.description, "TableDescription": t.description}, nil
}

func (s *Server) table(name string) (*table, error) {
	if t := s.tables[name]; t != nil {
		return t, nil
	}
	return nil, &apiError{"ResourceNotFoundException", "Requested resource not found"}
}

// find returns the item with a key, or nil. key must have the two attributes of the key only.
func (t *table) find(key item) (item, error) {
	if err := t.checkKey(key); err != nil {
		return nil, err
	}
	if len(key) != 2 {
		return nil, invalid("The provided key element does not match the schema")
	}
	return t.partitions[key[t.hash].text][key[t.sort].text], nil
}

func (t *table) checkKey(i item) error {
	for name, limit := range map[string]int{t.hash: maxPartitionKey, t.sort: maxSortKey} {
		switch v, ok := i[name]; {
		case !ok:
			return invalid("One of the required keys was not given a value: %s", name)
		case v.kind != "S":
			return invalid("Type mismatch for key %s", name)
		case v.text == "" || len(v.text) > limit:
			return invalid("key %s has %d bytes, must have 1 to %d", name, len(v.text), limit)
		}
	}
	return nil
}

func (t *table) store(i item) error {
	if err := t.checkKey(i); err != nil {
		return err
	}
	if i.size() > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	hash := i[t.hash].text
	if t.partitions[hash] == nil {
		t.partitions[hash] = make(map[string]item)
	}
	t.partitions[hash][i[t.sort].text] = i
	return nil
}

func (t *table) remove(key item) {
	hash := key[t.hash].text
	delete(t.partitions[hash], key[t.sort].text)
	if len(t.partitions[hash]) == 0 {
		delete(t.partitions, hash)
	}
}

// after returns the sort keys of a partition that come after one, sorted.
func (t *table) after(hash, start string) []string {
	all := slices.Sorted(maps.Keys(t.partitions[hash]))
	i, found := slices.BinarySearch(all, start)
	if found {
		i++
	}
	return all[i:]
}

func (t *table) key(i item) item { return item{t.hash: i[t.hash], t.sort: i[t.sort]} }
