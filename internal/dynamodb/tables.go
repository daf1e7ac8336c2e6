package dynamodb

import (
	"slices"
)

type tableInput struct{ TableName string }

func (s *Server) describeTable(in tableInput) (any, error) {
	t := s.tables[tableName(in.TableName)]
	if t == nil {
		return nil, notFound("Requested resource not found: Table: %s not found", in.TableName)
	}
	return map[string]any{"Table": t.description()}, nil
}

func (s *Server) deleteTable(in tableInput) (any, error) {
	t := s.tables[tableName(in.TableName)]
	if t == nil {
		return nil, notFound("Requested resource not found: Table: %s not found", in.TableName)
	}
	delete(s.tables, t.name)
	if t.stream != nil {
		t.stream.ended, t.stream = true, nil
	}
	if t.latest != nil {
		close(t.latest.more)
	}
	out := t.description()
	out["TableStatus"] = "DELETING"
	return map[string]any{"TableDescription": out}, nil
}

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   int
}

func (s *Server) listTables(in listTablesInput) (any, error) {
	names := []string{}
	for _, name := range s.names() {
		if name > in.ExclusiveStartTableName {
			names = append(names, name)
		}
	}
	out := map[string]any{"TableNames": names}
	if in.Limit > 0 && len(names) > in.Limit {
		out["TableNames"], out["LastEvaluatedTableName"] = names[:in.Limit], names[in.Limit-1]
	}
	return out, nil
}

type updateTableInput struct {
	TableName                   string
	BillingMode                 string
	AttributeDefinitions        []attributeDefinition
	ProvisionedThroughput       *throughput
	StreamSpecification         *streamSpecification
	GlobalSecondaryIndexUpdates []struct {
		Create *indexInput
		Delete *struct{ IndexName string }
	}
}

func (s *Server) updateTable(in updateTableInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	if err := s.setStream(t, in.StreamSpecification); err != nil {
		return nil, err
	}
	if in.BillingMode != "" {
		t.request.BillingMode = in.BillingMode
	}
	if in.ProvisionedThroughput != nil {
		t.request.ProvisionedThroughput = in.ProvisionedThroughput
	}
	for _, d := range in.AttributeDefinitions {
		if t.kinds[d.AttributeName] == "" {
			t.request.AttributeDefinitions = append(t.request.AttributeDefinitions, d)
		}
	}
	list := &t.request.GlobalSecondaryIndexes
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil {
			if err := t.addIndex(*u.Create, t.request.AttributeDefinitions, true); err != nil {
				return nil, err
			}
			*list = append(*list, *u.Create)
		}
		if u.Delete != nil {
			if t.indexes[u.Delete.IndexName] == nil {
				return nil, notFound("Requested resource not found: index %s", u.Delete.IndexName)
			}
			delete(t.indexes, u.Delete.IndexName)
			*list = slices.DeleteFunc(*list, func(x indexInput) bool {
				return x.IndexName == u.Delete.IndexName
			})
		}
	}
	return map[string]any{"TableDescription": t.description()}, nil
}

// timeToLive says which attribute ends items. Items do not end here.
type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type updateTimeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification timeToLive
}

func (s *Server) updateTimeToLive(in updateTimeToLiveInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	if in.TimeToLiveSpecification.AttributeName == "" {
		return nil, invalid("TimeToLiveSpecification has no AttributeName")
	}
	t.ttl = in.TimeToLiveSpecification
	return map[string]any{"TimeToLiveSpecification": t.ttl}, nil
}

func (s *Server) describeTimeToLive(in tableInput) (any, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	out := map[string]string{"TimeToLiveStatus": "DISABLED"}
	if t.ttl.Enabled {
		out = map[string]string{"TimeToLiveStatus": "ENABLED", "AttributeName": t.ttl.AttributeName}
	}
	return map[string]any{"TimeToLiveDescription": out}, nil
}

func (s *Server) describeBackups(in tableInput) (any, error) {
	_, err := s.table(in.TableName)
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus": "DISABLED",
	}}, err
}
