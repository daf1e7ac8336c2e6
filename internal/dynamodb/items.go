package dynamodb

import "slices"

// expressions are the parameters by which requests name attributes and values.
type expressions struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues item
}

func (e expressions) scope() (*scope, error) {
	return newScope(e.ExpressionAttributeNames, e.ExpressionAttributeValues)
}

type getItemInput struct {
	TableName              string
	Key                    item
	ProjectionExpression   *string
	ReturnConsumedCapacity string
	expressions
}

func (s *Server) getItem(in getItemInput) (any, error) {
	found, err := s.get(in)
	if err != nil {
		return nil, err
	}
	out := consumed(in.ReturnConsumedCapacity, in.TableName, 0.5)
	if found != nil {
		out["Item"] = found
	}
	return out, nil
}

func (s *Server) get(in getItemInput) (item, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	scope, err := in.scope()
	if err != nil {
		return nil, err
	}
	paths, err := scope.projection(in.ProjectionExpression)
	if err == nil {
		err = scope.allUsed()
	}
	if err == nil {
		err = t.checkKey(in.Key)
	}
	if err != nil {
		return nil, err
	}
	return project(t.items[t.id(in.Key)], paths), nil
}

// consumed returns an answer with the capacity that a call took, if the caller wants it.
func consumed(want, table string, units float64) map[string]any {
	out := make(map[string]any)
	if want == "TOTAL" || want == "INDEXES" {
		out["ConsumedCapacity"] = map[string]any{"TableName": table, "CapacityUnits": units}
	}
	return out
}

// A write is a change of one item, or a check of one.
type write struct {
	TableName           string
	Key                 item
	Item                item
	UpdateExpression    *string
	ConditionExpression *string
	ReturnValues        string
	expressions

	ReturnConsumedCapacity              string
	ReturnValuesOnConditionCheckFailure string
}

func (s *Server) putItem(in write) (any, error) {
	if in.ReturnValues == "" || in.ReturnValues == "NONE" || in.ReturnValues == "ALL_OLD" {
		return s.write(in, (*Server).put)
	}
	return nil, invalid("Return values set to invalid value")
}

func (s *Server) deleteItem(in write) (any, error) {
	if in.ReturnValues == "" || in.ReturnValues == "NONE" || in.ReturnValues == "ALL_OLD" {
		return s.write(in, (*Server).delete)
	}
	return nil, invalid("Return values set to invalid value")
}

func (s *Server) updateItem(in write) (any, error) { return s.write(in, (*Server).update) }

// A prepared write has passed all checks. A nil next removes the item.
type prepared struct {
	table     *table
	id        string
	old, next item
	changed   []path // of an update
}

func (p prepared) commit() { p.table.store(p.id, p.next) }

// write carries out one change.
func (s *Server) write(in write, prepare func(*Server, write) (prepared, error)) (any, error) {
	p, err := prepare(s, in)
	if err != nil {
		return nil, err
	}
	out := consumed(in.ReturnConsumedCapacity, in.TableName, 1)
	attributes, err := p.returned(in.ReturnValues)
	if err != nil {
		return nil, err
	}
	if len(attributes) > 0 {
		out["Attributes"] = attributes
	}
	p.commit()
	return out, nil
}

// returned returns what an answer has of the item before or after the change.
func (p prepared) returned(which string) (item, error) {
	switch which {
	case "", "NONE":
		return nil, nil
	case "ALL_OLD":
		return p.old, nil
	case "ALL_NEW":
		return p.next, nil
	case "UPDATED_OLD":
		return project(p.old, append([]path{}, p.changed...)), nil
	case "UPDATED_NEW":
		return project(p.next, append([]path{}, p.changed...)), nil
	}
	return nil, invalid("1 validation error detected: Value '%s' at 'returnValues' failed to satisfy "+
		"constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, "+
		"UPDATED_NEW]", which)
}

func (s *Server) put(in write) (prepared, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return prepared{}, err
	}
	if err := t.checkItem(in.Item); err != nil {
		return prepared{}, err
	}
	scope, err := in.scope()
	if err != nil {
		return prepared{}, err
	}
	p := prepared{table: t, id: t.id(in.Item), next: in.Item}
	p.old = t.items[p.id]
	return p, in.check(scope, p.old)
}

func (s *Server) delete(in write) (prepared, error) {
	p, scope, err := s.keyed(in)
	if err != nil {
		return p, err
	}
	return p, in.check(scope, p.old)
}

// keyed prepares a write of the item with a key.
func (s *Server) keyed(in write) (p prepared, scope *scope, err error) {
	if p.table, err = s.table(in.TableName); err != nil {
		return p, nil, err
	}
	if err = p.table.checkKey(in.Key); err != nil {
		return p, nil, err
	}
	p.id = p.table.id(in.Key)
	p.old = p.table.items[p.id]
	scope, err = in.scope()
	return p, scope, err
}

func (s *Server) update(in write) (prepared, error) {
	p, scope, err := s.keyed(in)
	if err != nil {
		return p, err
	}
	var u update
	if in.UpdateExpression != nil {
		if u, err = scope.update(*in.UpdateExpression); err != nil {
			return p, err
		}
	}
	for _, c := range u {
		if slices.Contains(p.table.keys.names(), c.path[0].name) {
			return p, invalid("One or more parameter values were invalid: Cannot update attribute %s. "+
				"This attribute is part of the key", c.path[0].name)
		}
	}
	if err := in.check(scope, p.old); err != nil {
		return p, err
	}
	base := p.old
	if base == nil {
		base = in.Key
	}
	p.changed = u.paths()
	if p.next, err = u.apply(base); err != nil {
		return p, err
	}
	return p, p.table.checkItem(p.next)
}

// check checks the condition of a write, and that all names and values are used.
func (in write) check(scope *scope, old item) error {
	holds, err := scope.condition("ConditionExpression", in.ConditionExpression)
	if err == nil {
		err = scope.allUsed()
	}
	if err != nil || holds(old) {
		return err
	}
	failed := &Error{
		Code: "ConditionalCheckFailedException", Message: "The conditional request failed",
	}
	if in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
		failed.item = old
	}
	return failed
}
