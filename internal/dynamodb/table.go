package dynamodb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of keys, items and tables, in bytes.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
const (
	maxPartitionKey = 2048
	maxSortKey      = 1024
	maxItem         = 400 << 10
	maxIndexes      = 20
)

// A keySchema has the names of the key attributes. The second may be missing.
type keySchema struct{ hash, sort string }

func (k keySchema) names() []string {
	if k.sort == "" {
		return []string{k.hash}
	}
	return []string{k.hash, k.sort}
}

// of returns the key of an item.
func (k keySchema) of(i item) item {
	out := make(item)
	for _, name := range k.names() {
		if v, ok := i[name]; ok {
			out[name] = v
		}
	}
	return out
}

// A table holds items by their key.
type table struct {
	name  string
	keys  keySchema
	kinds map[string]string // of attributes that are in keys: S, N or B
	items map[string]item   // by id
	parts partitions

	indexes map[string]*index
	ttl     timeToLive
	stream  *stream // nil: it has none
	latest  *stream // the last one that it had
	created time.Time
	request createTableInput // as it was made, for its description
}

// An index orders the items of a table by another key.
type index struct {
	keys       keySchema
	parts      partitions
	global     bool
	projection projection
}

// partitions are items by their partition key, and then by id.
type partitions map[string]map[string]item

// move replaces an item, which may be nil, by another one, which may be nil.
func (p partitions) move(id string, k keySchema, old, next item) {
	if key, ok := old[k.hash]; ok {
		delete(p[key.text], id)
		if len(p[key.text]) == 0 {
			delete(p, key.text)
		}
	}
	key, ok := next[k.hash]
	if _, sorts := next[k.sort]; !ok || k.sort != "" && !sorts {
		return // it is not in the index
	}
	if p[key.text] == nil {
		p[key.text] = make(map[string]item)
	}
	p[key.text][id] = next
}

// store puts an item into a table and its indexes; nil removes it.
func (t *table) store(id string, next item) {
	old := t.items[id]
	if t.stream != nil {
		t.stream.note(old, next)
	}
	t.parts.move(id, t.keys, old, next)
	for _, x := range t.indexes {
		x.parts.move(id, x.keys, old, next)
	}
	if next == nil {
		delete(t.items, id)
		return
	}
	t.items[id] = next
}

type (
	keyElement struct{ AttributeName, KeyType string }
	throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }
	projection struct {
		ProjectionType   string
		NonKeyAttributes []string `json:",omitempty"`
	}
	indexInput struct {
		IndexName             string
		KeySchema             []keyElement
		Projection            projection
		ProvisionedThroughput *throughput `json:",omitempty"`
	}
	attributeDefinition struct{ AttributeName, AttributeType string }
	createTableInput    struct {
		TableName              string
		BillingMode            string
		AttributeDefinitions   []attributeDefinition
		KeySchema              []keyElement
		GlobalSecondaryIndexes []indexInput
		LocalSecondaryIndexes  []indexInput
		ProvisionedThroughput  *throughput
		StreamSpecification    *streamSpecification
	}
)

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

func (s *Server) createTable(in createTableInput) (any, error) {
	if !namePattern.MatchString(in.TableName) {
		return nil, invalid("TableName must be at least 3 characters long and at most 255 characters " +
			"long, of a-z, A-Z, 0-9, '_', '-' and '.'")
	}
	if s.tables[in.TableName] != nil {
		return nil, &Error{
			Code: "ResourceInUseException", Message: "Table already exists: " + in.TableName,
		}
	}
	if (in.BillingMode == "PAY_PER_REQUEST") == (in.ProvisionedThroughput != nil) {
		return nil, invalid("One or more parameter values were invalid: ReadCapacityUnits and " +
			"WriteCapacityUnits must both be specified when BillingMode is PROVISIONED, and neither " +
			"when it is PAY_PER_REQUEST")
	}
	t := &table{
		name: in.TableName, kinds: make(map[string]string), items: make(map[string]item),
		parts: make(partitions), indexes: make(map[string]*index), created: time.Now(), request: in,
	}
	if err := t.define(in); err != nil {
		return nil, err
	}
	if in.StreamSpecification != nil && in.StreamSpecification.StreamEnabled {
		if err := s.setStream(t, in.StreamSpecification); err != nil {
			return nil, err
		}
	}
	if s.tables == nil {
		s.tables = make(map[string]*table)
	}
	s.tables[in.TableName] = t
	return map[string]any{"TableDescription": t.description()}, nil
}

// define takes keys and indexes from a request.
func (t *table) define(in createTableInput) (err error) {
	if t.keys, err = t.schema(in.KeySchema, in.AttributeDefinitions); err != nil {
		return err
	}
	for _, x := range in.LocalSecondaryIndexes {
		if err := t.addIndex(x, in.AttributeDefinitions, false); err != nil {
			return err
		}
		if t.indexes[x.IndexName].keys.hash != t.keys.hash {
			return invalid("One or more parameter values were invalid: Index KeySchema does not have "+
				"the same leading hash key as table KeySchema for index: %s", x.IndexName)
		}
	}
	for _, x := range in.GlobalSecondaryIndexes {
		if err := t.addIndex(x, in.AttributeDefinitions, true); err != nil {
			return err
		}
	}
	for _, d := range in.AttributeDefinitions {
		if t.kinds[d.AttributeName] == "" {
			return invalid("One or more parameter values were invalid: Some AttributeDefinitions are "+
				"not used. AttributeDefinitions: [%s]", d.AttributeName)
		}
	}
	return nil
}

func (t *table) addIndex(x indexInput, defined []attributeDefinition, global bool) error {
	switch {
	case !namePattern.MatchString(x.IndexName):
		return invalid("One or more parameter values were invalid: index name %q", x.IndexName)
	case t.indexes[x.IndexName] != nil:
		return invalid("One or more parameter values were invalid: Duplicate index name: %s", x.IndexName)
	case len(t.indexes) >= maxIndexes:
		return &Error{Code: "LimitExceededException", Message: "Too many indexes"}
	case !slices.Contains([]string{"ALL", "KEYS_ONLY", "INCLUDE"}, x.Projection.ProjectionType):
		return invalid("One or more parameter values were invalid: Unknown ProjectionType: %s",
			x.Projection.ProjectionType)
	}
	keys, err := t.schema(x.KeySchema, defined)
	if err != nil {
		return err
	}
	new := &index{keys: keys, parts: make(partitions), global: global, projection: x.Projection}
	for id, i := range t.items {
		new.parts.move(id, keys, nil, i)
	}
	t.indexes[x.IndexName] = new
	return nil
}

// schema reads a key schema, and notes the kinds of its attributes.
func (t *table) schema(in []keyElement, defined []attributeDefinition) (k keySchema, err error) {
	if len(in) < 1 || len(in) > 2 || in[0].KeyType != "HASH" ||
		len(in) == 2 && in[1].KeyType != "RANGE" {
		return k, invalid("Invalid KeySchema: The first KeySchemaElement must be a HASH key type, a " +
			"second one a RANGE key type")
	}
	for _, e := range in {
		at := slices.IndexFunc(defined, func(d attributeDefinition) bool {
			return d.AttributeName == e.AttributeName
		})
		if at < 0 {
			return k, invalid("One or more parameter values were invalid: Some index key attributes are "+
				"not defined in AttributeDefinitions. Keys: [%s]", e.AttributeName)
		}
		kind := defined[at].AttributeType
		if kind != "S" && kind != "N" && kind != "B" {
			return k, invalid("Member must satisfy enum value set: [B, N, S], not %q", kind)
		}
		t.kinds[e.AttributeName] = kind
	}
	k.hash = in[0].AttributeName
	if len(in) == 2 {
		k.sort = in[1].AttributeName
	}
	return k, nil
}

// region and account are in the ARNs of tables.
const region, account = "us-east-1", "000000000000"

func (t *table) arn() string {
	return "arn:aws:dynamodb:" + region + ":" + account + ":table/" + t.name
}

func (t *table) description() map[string]any {
	in := t.request
	size := 0
	for _, i := range t.items {
		size += i.size()
	}
	out := map[string]any{
		"TableName": t.name, "TableStatus": "ACTIVE", "TableArn": t.arn(), "TableId": t.name,
		"AttributeDefinitions": in.AttributeDefinitions, "KeySchema": in.KeySchema,
		"CreationDateTime": float64(t.created.UnixMilli()) / 1000,
		"ItemCount":        len(t.items), "TableSizeBytes": size,
		"ProvisionedThroughput": described(in.ProvisionedThroughput),
	}
	if t.latest != nil {
		out["LatestStreamArn"], out["LatestStreamLabel"] = t.latest.arn(), t.latest.label
	}
	if t.stream != nil {
		out["StreamSpecification"] = streamSpecification{true, t.stream.view}
	}
	if in.BillingMode != "" {
		out["BillingModeSummary"] = map[string]string{"BillingMode": in.BillingMode}
	}
	for name, list := range map[string][]indexInput{
		"GlobalSecondaryIndexes": in.GlobalSecondaryIndexes,
		"LocalSecondaryIndexes":  in.LocalSecondaryIndexes,
	} {
		var all []map[string]any
		for _, x := range list {
			all = append(all, map[string]any{
				"IndexName": x.IndexName, "KeySchema": x.KeySchema, "Projection": x.Projection,
				"IndexStatus": "ACTIVE", "IndexArn": t.arn() + "/index/" + x.IndexName,
				"ProvisionedThroughput": described(x.ProvisionedThroughput), "ItemCount": len(t.items),
			})
		}
		if all != nil {
			out[name] = all
		}
	}
	return out
}

func described(t *throughput) map[string]int64 {
	if t == nil {
		t = new(throughput)
	}
	return map[string]int64{
		"ReadCapacityUnits": t.ReadCapacityUnits, "WriteCapacityUnits": t.WriteCapacityUnits,
		"NumberOfDecreasesToday": 0,
	}
}

// tableName returns the name of a table, which requests may name by its ARN.
func tableName(s string) string {
	if _, name, ok := strings.Cut(s, ":table/"); ok && strings.HasPrefix(s, "arn:") {
		return name
	}
	return s
}

func (s *Server) table(name string) (*table, error) {
	if t := s.tables[tableName(name)]; t != nil {
		return t, nil
	}
	return nil, notFound("Requested resource not found")
}

// id returns the key of an item as one text.
func (t *table) id(i item) string {
	hash, sort := i[t.keys.hash], i[t.keys.sort]
	return fmt.Sprintf("%d %s%s", len(hash.text), hash.text, sort.text)
}

// checkKey checks a key that has nothing but the attributes of the key.
func (t *table) checkKey(key item) error {
	if len(key) != len(t.keys.names()) {
		return invalid("The provided key element does not match the schema")
	}
	for _, name := range t.keys.names() {
		if v, ok := key[name]; !ok || v.kind != t.kinds[name] {
			return invalid("The provided key element does not match the schema")
		}
	}
	return t.checkItem(key)
}

// checkItem checks the keys of an item, those of indexes also, and its size.
func (t *table) checkItem(i item) error {
	for n, name := range t.keys.names() {
		v, ok := i[name]
		if !ok {
			return invalid("One or more parameter values were invalid: Missing the key %s in the item",
				name)
		}
		if v.kind != t.kinds[name] {
			return invalid("One or more parameter values were invalid: Type mismatch for key %s expected: "+
				"%s actual: %s", name, t.kinds[name], v.kind)
		}
		if v.text == "" {
			return invalid("One or more parameter values are not valid. The AttributeValue for a key "+
				"attribute cannot contain an empty %s value. Key: %s",
				map[string]string{"S": "string", "B": "binary"}[v.kind], name)
		}
		if limit := []int{maxPartitionKey, maxSortKey}[n]; len(v.text) > limit {
			return invalid("One or more parameter values were invalid: Size of %s has exceeded the "+
				"maximum size limit of %d bytes", []string{"hashkey", "rangekey"}[n], limit)
		}
	}
	for name, x := range t.indexes {
		for _, attribute := range x.keys.names() {
			v, ok := i[attribute]
			if ok && v.kind != t.kinds[attribute] {
				return invalid("One or more parameter values were invalid: Type mismatch for Index Key %s "+
					"Expected: %s Actual: %s IndexName: %s", attribute, t.kinds[attribute], v.kind, name)
			}
			if ok && v.text == "" {
				return invalid("One or more parameter values are not valid. A value specified for a "+
					"secondary index key is not supported. The AttributeValue for a key attribute cannot "+
					"contain an empty string value. IndexName: %s, IndexKey: %s", name, attribute)
			}
		}
	}
	if (value{kind: "M", m: i}).depth() > maxDepth+1 {
		return invalid("Nesting Levels have exceeded supported limits")
	}
	if i.size() > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}
