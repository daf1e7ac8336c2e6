package dynamodb

// Limits of batches and transactions.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
const (
	maxBatchGet    = 100
	maxBatchWrite  = 25
	maxTransaction = 100
	maxBatchBytes  = 16 << 20
)

type batchGetItemInput struct {
	RequestItems map[string]keysAndAttributes
}

type keysAndAttributes struct {
	Keys                     []item
	ConsistentRead           bool              `json:",omitempty"`
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
}

func (s *Server) batchGetItem(in batchGetItemInput) (any, error) {
	count := 0
	for _, wanted := range in.RequestItems {
		count += len(wanted.Keys)
	}
	if count == 0 {
		return nil, invalid("1 validation error detected: Value at 'requestItems' failed to satisfy " +
			"constraint: Member must have length greater than or equal to 1")
	}
	if count > maxBatchGet {
		return nil, invalid("Too many items requested for the BatchGetItem call")
	}
	responses := make(map[string][]item)
	left := make(map[string]keysAndAttributes)
	size := 0
	for name, wanted := range in.RequestItems {
		responses[name] = []item{}
		seen := make(map[string]bool)
		for n, key := range wanted.Keys {
			found, err := s.get(getItemInput{
				TableName: name, Key: key, ProjectionExpression: wanted.ProjectionExpression,
				expressions: expressions{ExpressionAttributeNames: wanted.ExpressionAttributeNames},
			})
			if err != nil {
				return nil, err
			}
			id := s.tables[tableName(name)].id(key)
			if seen[id] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[id] = true
			if size += found.size(); n > 0 && size > s.pageSize(maxBatchBytes) {
				rest := wanted
				rest.Keys = wanted.Keys[n:]
				left[name] = rest
				break
			}
			if found != nil {
				responses[name] = append(responses[name], found)
			}
		}
	}
	return map[string]any{"Responses": responses, "UnprocessedKeys": left}, nil
}

type batchWriteItemInput struct {
	RequestItems map[string][]struct{ PutRequest, DeleteRequest *write }
}

func (s *Server) batchWriteItem(in batchWriteItemInput) (any, error) {
	var all []prepared
	seen := make(map[*table]map[string]bool)
	for name, requests := range in.RequestItems {
		for _, r := range requests {
			var p prepared
			var err error
			switch {
			case r.PutRequest != nil && r.DeleteRequest == nil:
				p, err = s.put(write{TableName: name, Item: r.PutRequest.Item})
			case r.DeleteRequest != nil && r.PutRequest == nil:
				p, err = s.delete(write{TableName: name, Key: r.DeleteRequest.Key})
			default:
				err = invalid("Supplied AttributeValue has more than one datatypes set, must contain " +
					"exactly one of PutRequest and DeleteRequest")
			}
			if err != nil {
				return nil, err
			}
			if seen[p.table] == nil {
				seen[p.table] = make(map[string]bool)
			}
			if seen[p.table][p.id] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[p.table][p.id] = true
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, invalid("1 validation error detected: Value at 'requestItems' failed to satisfy " +
			"constraint: Member must have length greater than or equal to 1")
	}
	if len(all) > maxBatchWrite {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	for _, p := range all {
		p.commit()
	}
	return map[string]any{"UnprocessedItems": struct{}{}}, nil
}
