package grouptable

import (
	"context"
	"strconv"
)

// The keys of the table, both strings, and the attribute for its time to live, in seconds since
// 1970.
const (
	PartitionKey = "PK"
	SortKey      = "SK"
	TTLAttribute = "expires"
)

// An attribute is the value of one: a string or a number.
type attribute struct {
	S *string `json:"S,omitempty"`
	N *string `json:"N,omitempty"`
}

// An item is an item of the table, or a part of one.
type item map[string]attribute

func key(partition, sort string) item {
	return item{PartitionKey: text(partition), SortKey: text(sort)}
}

func text(s string) attribute { return attribute{S: &s} }

func number(n int64) attribute {
	s := strconv.FormatInt(n, 10)
	return attribute{N: &s}
}

// text returns a string attribute, empty if there is none.
func (i item) text(name string) string {
	if s := i[name].S; s != nil {
		return *s
	}
	return ""
}

// number returns a number attribute, 0 if there is none. All of them are whole and not negative.
func (i item) number(name string) int64 {
	if s := i[name].N; s != nil {
		n, _ := strconv.ParseInt(*s, 10, 64)
		return n
	}
	return 0
}

// with sets the attributes of other in i, except empty strings, and returns i.
func (i item) with(other item) item {
	for name, value := range other {
		if value.S == nil || *value.S != "" {
			i[name] = value
		}
	}
	return i
}

// A write is a request that writes one item. Conditions and changes are expressions; each value in
// Values must be in one of them.
type write struct {
	TableName string
	Item      item   `json:",omitempty"` // of PutItem
	Key       item   `json:",omitempty"` // of the others
	Change    string `json:"UpdateExpression,omitempty"`
	Condition string `json:"ConditionExpression,omitempty"`
	Values    item   `json:"ExpressionAttributeValues,omitempty"`
	Returns   string `json:"ReturnValues,omitempty"`
}

// write makes a write and returns the item that it asks for. See retry for unsure.
func (t *Table) write(
	ctx context.Context, operation string, w write,
) (returned item, unsure bool, err error) {
	w.TableName = t.cfg.Name
	var out struct{ Attributes item }
	unsure, err = t.retry(ctx, operation, w, &out)
	return out.Attributes, unsure, err
}

func (t *Table) put(ctx context.Context, i item, condition string) error {
	_, _, err := t.write(ctx, "PutItem", write{Item: i, Condition: condition})
	return err
}

// get reads an item, consistently, or returns nil if there is none.
func (t *Table) get(ctx context.Context, k item) (item, error) {
	in := struct {
		TableName      string
		Key            item
		ConsistentRead bool
	}{t.cfg.Name, k, true}
	var out struct{ Item item }
	_, err := t.retry(ctx, "GetItem", in, &out)
	return out.Item, err
}

// A query reads the items of a partition, in the order of their sort keys.
type query struct {
	TableName      string
	Condition      string `json:"KeyConditionExpression"`
	Values         item   `json:"ExpressionAttributeValues"`
	Filter         string `json:"FilterExpression,omitempty"`
	Select         string `json:",omitempty"`
	Start          item   `json:"ExclusiveStartKey,omitempty"`
	Limit          int    `json:",omitempty"`
	ConsistentRead bool
}

// A page is the answer to a query: what DynamoDB returns at once, up to 1 MB.
type page struct {
	Items []item
	Count int
	Last  item `json:"LastEvaluatedKey"`
}

// newQuery returns a query for the items of a partition that have not expired.
func (t *Table) newQuery(partition string) query {
	return query{
		TableName: t.cfg.Name, Condition: PartitionKey + " = :partition", ConsistentRead: true,
		Filter: TTLAttribute + " > :now", Limit: t.page,
		Values: item{":partition": text(partition), ":now": number(t.now().Unix())},
	}
}

func (t *Table) query(ctx context.Context, q query) (page, error) {
	var p page
	_, err := t.retry(ctx, "Query", q, &p)
	return p, err
}
