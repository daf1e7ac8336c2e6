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
	w := write{in.TableName, nil, in.ConditionExpression, newValues(in.ExpressionAttributeValues), ""}
	t, err := s.table(in.TableName)
	if err == nil {
		err = t.checkKey(in.Item)
	}
	if err != nil {
		return nil, err
	}
	w.key = t.key(in.Item)
	return s.write(w, func(t *table, _ item) error { return t.store(in.Item) })
}

type updateItemInput struct {
	TableName                 string
	Key                       item
	UpdateExpression          string
	ConditionExpression       *string
	ExpressionAttributeValues item
	ReturnValues              string
}

func (s *Server) updateItem(in updateItemInput) (any, error) {
	values := newValues(in.ExpressionAttributeValues)
	changed, err := parseUpdate(in.UpdateExpression, values)
	if err != nil {
		return nil, err
	}
	w := write{in.TableName, in.Key, in.ConditionExpression, values, in.ReturnValues}
	return s.write(w, func(t *table, old item) error {
		updated := maps.Clone(old)
		if updated == nil {
			updated = maps.Clone(in.Key)
		}
		for name, v := range changed {
			if name == t.hash || name == t.sort {
				return invalid("Cannot update attribute %s, which is part of the key", name)
			}
			delete(updated, name)
			if v != nil {
				updated[name] = *v
			}
		}
		return t.store(updated)
	})
}

type deleteItemInput struct {
	TableName                 string
	Key                       item
	ConditionExpression       *string
	ExpressionAttributeValues item
	ReturnValues              string
}

func (s *Server) deleteItem(in deleteItemInput) (any, error) {
	if in.ReturnValues == allNew {
		return nil, invalid("Return values set to invalid value")
	}
	w := write{
		in.TableName, in.Key, in.ConditionExpression, newValues(in.ExpressionAttributeValues),
		in.ReturnValues,
	}
	return s.write(w, func(t *table, _ item) error {
		t.remove(in.Key)
		return nil
	})
}

// A write is a change of one item.
type write struct {
	table     string
	key       item
	condition *string
	values    *values
	returns   string // what is answered: allOld, allNew, or nothing
}

const allOld, allNew = "ALL_OLD", "ALL_NEW"

// write calls change with the item, which is nil if there is none, if the condition holds for it.
func (s *Server) write(w write, change func(t *table, old item) error) (any, error) {
	t, err := s.table(w.table)
	if err != nil {
		return nil, err
	}
	old, err := t.find(w.key)
	if err != nil {
		return nil, err
	}
	if err := condition(w.condition, old, w.values); err != nil {
		return nil, err
	}
	if err := change(t, old); err != nil {
		return nil, err
	}
	return w.answer(old, t.partitions[w.key[t.hash].text][w.key[t.sort].text])
}

// answer returns the answer to a write that has replaced old.
func (w write) answer(old, new item) (any, error) {
	var attributes item
	switch w.returns {
	case "", "NONE":
	case allOld:
		attributes = old
	case allNew:
		attributes = new
	default:
		return nil, invalid("this server does not know the return values %s", w.returns)
	}
	if attributes == nil {
		return struct{}{}, nil
	}
	return map[string]any{"Attributes": attributes}, nil
}

// condition checks a condition on an item, nil for none, and that every value is used.
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
