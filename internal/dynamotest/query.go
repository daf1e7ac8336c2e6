package dynamotest

import (
	"cmp"
	"slices"
)

type queryInput struct {
	TableName                 string
	KeyConditionExpression    string
	FilterExpression          *string
	ExpressionAttributeValues item
	ExclusiveStartKey         item
	Limit                     *int
	Select                    string
	ConsistentRead            bool
}

func (s *Server) query(in queryInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	values := newValues(in.ExpressionAttributeValues)
	hash, err := parseKeyCondition(in.KeyConditionExpression, t.hash, values)
	if err != nil {
		return nil, err
	}
	keep, err := in.filter(values)
	if err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit < 1 {
		return nil, invalid("limit %d", *in.Limit)
	}
	if in.Select != "" && in.Select != "COUNT" {
		return nil, invalid("this server does not know the select %s", in.Select)
	}
	start := ""
	if in.ExclusiveStartKey != nil {
		if _, err := t.find(in.ExclusiveStartKey); err != nil {
			return nil, err
		}
		if in.ExclusiveStartKey[t.hash].text != hash {
			return nil, invalid("The provided starting key is outside query boundaries")
		}
		start = in.ExclusiveStartKey[t.sort].text
	}
	page, last := s.page(t, hash, start, in.Limit)
	kept := slices.DeleteFunc(slices.Clone(page), func(i item) bool { return !keep(i) })
	out := map[string]any{"Count": len(kept), "ScannedCount": len(page)}
	if in.Select != "COUNT" {
		out["Items"] = kept
	}
	if last != nil {
		out["LastEvaluatedKey"] = last
	}
	return out, nil
}

// filter returns what says which items of a page are returned, all of them without an expression.
// Every value must be used in one of the two expressions.
func (in queryInput) filter(values *values) (keep test, err error) {
	keep = func(item) bool { return true }
	if in.FilterExpression != nil {
		if keep, err = parseCondition(*in.FilterExpression, values); err != nil {
			return nil, err
		}
	}
	return keep, values.allUsed()
}

// page returns the items after a sort key, as many as fit, and the key of the last one if there may
// be more. Like DynamoDB it returns a key whenever the limit is reached, even if nothing follows.
func (s *Server) page(t *table, hash, start string, limit *int) (page []item, last item) {
	page, size := []item{}, 0
	for _, sort := range t.after(hash, start) {
		i := t.partitions[hash][sort]
		size += i.size()
		if len(page) > 0 && size > cmp.Or(s.PageSize, defaultPageSize) {
			return page, t.key(page[len(page)-1])
		}
		page = append(page, i)
		if limit != nil && len(page) == *limit {
			return page, t.key(i)
		}
	}
	return page, nil
}

type keysAndAttributes struct {
	Keys           []item
	ConsistentRead bool
}

type batchGetItemInput struct {
	RequestItems map[string]keysAndAttributes
}

// maxBatch is how many items a BatchGetItem may ask for.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html)
const maxBatch = 100

func (s *Server) batchGetItem(in batchGetItemInput) (any, error) {
	responses := make(map[string][]item)
	left := make(map[string]keysAndAttributes)
	for name, wanted := range in.RequestItems {
		t, err := s.table(name)
		if err != nil {
			return nil, err
		}
		if n := len(wanted.Keys); n < 1 || n > maxBatch {
			return nil, invalid("%d keys, must be 1 to %d", n, maxBatch)
		}
		if err := t.distinct(wanted.Keys); err != nil {
			return nil, err
		}
		responses[name] = []item{}
		size := 0
		for n, key := range wanted.Keys {
			found := t.partitions[key[t.hash].text][key[t.sort].text]
			size += found.size()
			if n > 0 && size > cmp.Or(s.PageSize, defaultPageSize) {
				left[name] = keysAndAttributes{wanted.Keys[n:], wanted.ConsistentRead}
				break
			}
			if found != nil {
				responses[name] = append(responses[name], found)
			}
		}
	}
	if len(in.RequestItems) == 0 {
		return nil, invalid("no items are requested")
	}
	return map[string]any{"Responses": responses, "UnprocessedKeys": left}, nil
}

func (t *table) distinct(keys []item) error {
	seen := make(map[[2]value]bool)
	for _, key := range keys {
		if _, err := t.find(key); err != nil {
			return err
		}
		k := [2]value{key[t.hash], key[t.sort]}
		if seen[k] {
			return invalid("Provided list of item keys contains duplicates")
		}
		seen[k] = true
	}
	return nil
}
