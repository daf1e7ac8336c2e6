package dynamotest

import "maps"

type getItemInput struct {
	TableName      string
	Key            item
	ConsistentRead bool
}

func (s *Server) getItem(in getItemInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	found, err := t.find(in.Key)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return struct{}{}, nil
	}
	return map[string]any{"Item": found}, nil
}

type putItemInput struct {
	TableName                 string
	Item                      item
	ConditionExpression       *string
	ExpressionAttributeValues item
}

func (s *Server) putItem(in putItemInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	if err := t.checkKey(in.Item); err != nil {
		return nil, err
	}
	was, err := t.find(t.key(in.Item))
	if err != nil {
		return nil, err
	}
	values := newValues(in.ExpressionAttributeValues)
	if err := condition(in.ConditionExpression, was, values); err != nil {
		return nil, err
	}
	return struct{}{}, t.store(in.Item)
}

type updateItemInput struct {
	TableName                 string
	Key                       item
	UpdateExpression          string
	ConditionExpression       *string
	ExpressionAttributeValues item
}

func (s *Server) updateItem(in updateItemInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	was, err := t.find(in.Key)
	if err != nil {
		return nil, err
	}
	is := maps.Clone(was)
	if is == nil {
		is = maps.Clone(in.Key)
	}
	values := newValues(in.ExpressionAttributeValues)
	changed, err := parseUpdate(in.UpdateExpression, values)
	if err != nil {
		return nil, err
	}
	if err := condition(in.ConditionExpression, was, values); err != nil {
		return nil, err
	}
	for name, v := range changed {
		if name == t.hash || name == t.sort {
			return nil, invalid("Cannot update attribute %s, which is part of the key", name)
		}
		delete(is, name)
		if v != nil {
			is[name] = *v
		}
	}
	return struct{}{}, t.store(is)
}

type deleteItemInput struct {
	TableName                 string
	Key                       item
	ConditionExpression       *string
	ExpressionAttributeValues item
}

func (s *Server) deleteItem(in deleteItemInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	was, err := t.find(in.Key)
	if err != nil {
		return nil, err
	}
	values := newValues(in.ExpressionAttributeValues)
	if err := condition(in.ConditionExpression, was, values); err != nil {
		return nil, err
	}
	t.remove(in.Key)
	return struct{}{}, nil
}

// condition checks a condition on an item, or on none, and that every value has been used.
func condition(expression *string, i item, values *values) error {
	holds := true
	if expression != nil {
		test, err := parseCondition(*expression, values)
		if err != nil {
			return err
		}
		holds = test(i)
	}
	if err := values.allUsed(); err != nil {
		return err
	}
	if !holds {
		return &apiError{"ConditionalCheckFailedException", "The conditional request failed"}
	}
	return nil
}
