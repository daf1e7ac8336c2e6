package table

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// diff compares a table with its declaration, except for time to live and tags, which have calls of
// their own.
func diff(t spec.Table, have foundTable) plan.Changes {
	var diff plan.Changes
	diff.Compare("status", string(have.status), string(types.TableStatusActive))
	capacity := t.WantedCapacity(have.capacity)
	diff.Compare("capacity", have.capacity.String(), capacity.String())
	for _, i := range t.Indexes {
		old, ok := have.indexes[i.Name]
		if !ok {
			diff.Compare("index "+i.Name, "", i.Key().String())
			continue
		}
		diff.Compare("status of index "+i.Name, string(old.status), string(types.IndexStatusActive))
		diff.Compare("capacity of index "+i.Name, old.capacity.String(),
			t.WantedIndexCapacity(i, capacity, old.capacity).String())
	}
	diff.Compare("deletion protection", onOff(have.protected), onOff(protection(t, have)))
	if t.KMSKeyARN != "" {
		diff.Compare("KMS key", have.kmsKey, t.KMSKeyARN)
	}
	if t.Stream != "" {
		diff.Compare("stream", have.stream, t.Stream)
	}
	if want := t.PointInTimeRecovery; want != nil {
		diff.Compare("point-in-time recovery", onOff(have.recovery), onOff(*want))
	}
	return diff
}

// isReady reports whether AWS has finished the last change of a table.
func isReady(t spec.Table, have foundTable) bool {
	if have.status != types.TableStatusActive {
		return false
	}
	for _, i := range t.Indexes {
		if old, ok := have.indexes[i.Name]; ok && old.status != types.IndexStatusActive {
			return false
		}
	}
	return true
}

// nextUpdate returns the next call that brings a table closer to its declaration, or nil if none is
// left. One call may change capacities or create one index, not both.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html)
func nextUpdate(t spec.Table, have foundTable) *dynamodb.UpdateTableInput {
	if in := capacityUpdate(t, have); in != nil {
		return in
	}
	for _, i := range t.Indexes {
		if _, ok := have.indexes[i.Name]; !ok {
			return indexUpdate(t, have, i)
		}
	}
	if in := settingUpdate(t, have); in != nil {
		return in
	}
	if have.protected == protection(t, have) {
		return nil
	}
	return &dynamodb.UpdateTableInput{
		TableName: &t.Name, DeletionProtectionEnabled: t.DeletionProtection,
	}
}

// protection reports whether a table should be protected: what AWS has counts if the application
// says nothing.
func protection(t spec.Table, have foundTable) bool {
	if t.DeletionProtection == nil {
		return have.protected
	}
	return *t.DeletionProtection
}

// settingUpdate returns the call that changes the key or the stream, or nil if both are right. A
// stream cannot change: it ends, and another one begins.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)
func settingUpdate(t spec.Table, have foundTable) *dynamodb.UpdateTableInput {
	in := &dynamodb.UpdateTableInput{TableName: &t.Name}
	switch {
	case t.KMSKeyARN != "" && t.KMSKeyARN != have.kmsKey:
		in.SSESpecification = encryption(t)
	case t.Stream != "" && t.Stream != have.stream && have.stream != spec.NoStream:
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(false)}
	case t.Stream != "" && t.Stream != have.stream:
		in.StreamSpecification = streamSpecification(t)
	default:
		return nil
	}
	return in
}

// encryption returns nil for DynamoDB's own key.
func encryption(t spec.Table) *types.SSESpecification {
	if t.KMSKeyARN == "" {
		return nil
	}
	return &types.SSESpecification{
		Enabled: aws.Bool(true), SSEType: types.SSETypeKms, KMSMasterKeyId: &t.KMSKeyARN,
	}
}

// streamSpecification returns nil for no stream.
func streamSpecification(t spec.Table) *types.StreamSpecification {
	if t.Stream == "" || t.Stream == spec.NoStream {
		return nil
	}
	return &types.StreamSpecification{
		StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.Stream),
	}
}

// capacityUpdate returns the call that changes capacities, or nil if all are right. It must not
// name capacities that do not change.
func capacityUpdate(t spec.Table, have foundTable) *dynamodb.UpdateTableInput {
	in := &dynamodb.UpdateTableInput{TableName: &t.Name}
	capacity := t.WantedCapacity(have.capacity)
	if capacity == (spec.Capacity{}) {
		if have.capacity == (spec.Capacity{}) {
			return nil
		}
		in.BillingMode = types.BillingModePayPerRequest
		return in
	}
	if have.capacity != capacity {
		in.BillingMode = types.BillingModeProvisioned
		in.ProvisionedThroughput = throughput(capacity)
	}
	for _, i := range t.Indexes {
		old, ok := have.indexes[i.Name]
		want := t.WantedIndexCapacity(i, capacity, old.capacity)
		if ok && old.capacity != want {
			in.GlobalSecondaryIndexUpdates = append(in.GlobalSecondaryIndexUpdates,
				types.GlobalSecondaryIndexUpdate{Update: &types.UpdateGlobalSecondaryIndexAction{
					IndexName: &i.Name, ProvisionedThroughput: throughput(want),
				}})
		}
	}
	if in.ProvisionedThroughput == nil && in.GlobalSecondaryIndexUpdates == nil {
		return nil
	}
	return in
}

// indexUpdate returns the call that creates an index.
func indexUpdate(t spec.Table, have foundTable, i spec.Index) *dynamodb.UpdateTableInput {
	keys := []spec.Key{have.key, i.Key()}
	for _, old := range have.indexes {
		keys = append(keys, old.key)
	}
	return &dynamodb.UpdateTableInput{
		TableName: &t.Name, AttributeDefinitions: definitions(keys...),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{
			Create: &types.CreateGlobalSecondaryIndexAction{
				IndexName: &i.Name, KeySchema: keySchema(i.Key()), Projection: allAttributes(),
				ProvisionedThroughput: throughput(
					t.WantedIndexCapacity(i, t.WantedCapacity(have.capacity), spec.Capacity{})),
			},
		}},
	}
}

// ttl returns the next change of time to live, or nil. AWS accepts one change an hour, so moving it
// to another attribute takes two deploys.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html)
func (p *planner) ttl(t spec.Table, have foundTable) *types.TimeToLiveSpecification {
	off := have.ttlStatus == types.TimeToLiveStatusDisabled || have.ttlStatus == ""
	switch {
	case have.expires(t.TTLAttribute), t.TTLAttribute == "" && !have.expires(have.ttl):
		return nil
	case off:
		return &types.TimeToLiveSpecification{AttributeName: &t.TTLAttribute, Enabled: aws.Bool(true)}
	}
	if t.TTLAttribute != "" || have.ttlStatus != types.TimeToLiveStatusEnabled {
		p.Warn("AWS accepts one change of the time to live of table %s an hour: deploy again in an "+
			"hour, "+
			"to apply ttl_attribute as declared", t.Name)
	}
	if have.ttlStatus != types.TimeToLiveStatusEnabled {
		return nil
	}
	return &types.TimeToLiveSpecification{AttributeName: &have.ttl, Enabled: aws.Bool(false)}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
