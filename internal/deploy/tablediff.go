package deploy

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// diff compares a table with what is declared, but for what [types.TimeToLiveSpecification] and
// tags say, which have calls of their own.
func (t Table) diff(have foundTable) changes {
	var diff changes
	diff.compare("status", string(have.status), string(types.TableStatusActive))
	diff.compare("capacity", have.capacity.String(), t.capacity().String())
	for _, i := range t.Indexes {
		old, ok := have.indexes[i.Name]
		if !ok {
			diff.compare("index "+i.Name, "", i.key().String())
			continue
		}
		diff.compare("status of index "+i.Name, string(old.status), string(types.IndexStatusActive))
		diff.compare("capacity of index "+i.Name, old.capacity.String(), t.indexCapacity(i).String())
	}
	diff.compare("deletion protection", onOff(have.protected), onOff(t.DeletionProtection))
	return diff
}

// ready reports whether AWS is done with what it was told last about a table.
func (t Table) ready(have foundTable) bool {
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

// next returns the next call on the way from a table that is ready to the one that is declared, or
// nil at the end of it. One call may change capacities, or make one index, or neither.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html)
func (t Table) next(have foundTable) *dynamodb.UpdateTableInput {
	if in := t.capacityUpdate(have); in != nil {
		return in
	}
	for _, i := range t.Indexes {
		if _, ok := have.indexes[i.Name]; !ok {
			return t.indexUpdate(have, i)
		}
	}
	if have.protected == t.DeletionProtection {
		return nil
	}
	return &dynamodb.UpdateTableInput{
		TableName: &t.Name, DeletionProtectionEnabled: aws.Bool(t.DeletionProtection),
	}
}

// capacityUpdate returns the call that changes capacities, or nil if none does. Those that do not
// must not be in it.
func (t Table) capacityUpdate(have foundTable) *dynamodb.UpdateTableInput {
	in := &dynamodb.UpdateTableInput{TableName: &t.Name}
	if t.capacity() == (capacity{}) {
		if have.capacity == (capacity{}) {
			return nil
		}
		in.BillingMode = types.BillingModePayPerRequest
		return in
	}
	if have.capacity != t.capacity() {
		in.BillingMode = types.BillingModeProvisioned
		in.ProvisionedThroughput = t.capacity().throughput()
	}
	for _, i := range t.Indexes {
		if old, ok := have.indexes[i.Name]; ok && old.capacity != t.indexCapacity(i) {
			in.GlobalSecondaryIndexUpdates = append(in.GlobalSecondaryIndexUpdates,
				types.GlobalSecondaryIndexUpdate{Update: &types.UpdateGlobalSecondaryIndexAction{
					IndexName: &i.Name, ProvisionedThroughput: t.indexCapacity(i).throughput(),
				}})
		}
	}
	if in.ProvisionedThroughput == nil && in.GlobalSecondaryIndexUpdates == nil {
		return nil
	}
	return in
}

// indexUpdate returns the call that makes an index.
func (t Table) indexUpdate(have foundTable, i Index) *dynamodb.UpdateTableInput {
	keys := []tableKey{have.key, i.key()}
	for _, old := range have.indexes {
		keys = append(keys, old.key)
	}
	return &dynamodb.UpdateTableInput{
		TableName: &t.Name, AttributeDefinitions: definitions(keys...),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{
			Create: &types.CreateGlobalSecondaryIndexAction{
				IndexName: &i.Name, KeySchema: i.key().schema(), Projection: everything(),
				ProvisionedThroughput: t.indexCapacity(i).throughput(),
			},
		}},
	}
}

// ttl returns the call that time to live takes next, or nil. AWS switches it on or off once an
// hour, so another attribute takes two deploys.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html)
func (b *planner) ttl(t Table, have foundTable) *types.TimeToLiveSpecification {
	off := have.ttlStatus == types.TimeToLiveStatusDisabled || have.ttlStatus == ""
	switch {
	case have.expires(t.TTLAttribute), t.TTLAttribute == "" && !have.expires(have.ttl):
		return nil
	case off:
		return &types.TimeToLiveSpecification{AttributeName: &t.TTLAttribute, Enabled: aws.Bool(true)}
	}
	if t.TTLAttribute != "" || have.ttlStatus != types.TimeToLiveStatusEnabled {
		b.warn("AWS changes the time to live of table %s once an hour: deploy again then, to have "+
			"it by ttl_attribute as declared", t.Name)
	}
	if have.ttlStatus != types.TimeToLiveStatusEnabled {
		return nil
	}
	return &types.TimeToLiveSpecification{AttributeName: &have.ttl, Enabled: aws.Bool(false)}
}

func (t Table) key() tableKey { return newKey(t.PartitionKey, t.SortKey) }

func (i Index) key() tableKey { return newKey(i.PartitionKey, i.SortKey) }

func newKey(partition, sort Attribute) tableKey {
	partition.Type = cmp.Or(partition.Type, string(types.ScalarAttributeTypeS))
	if sort.Name != "" {
		sort.Type = cmp.Or(sort.Type, string(types.ScalarAttributeTypeS))
	}
	return tableKey{partition, sort}
}

func (t Table) capacity() capacity { return capacity{t.ReadCapacity, t.WriteCapacity} }

// indexCapacity returns the capacity of an index, which is that of the table if it has none of its
// own.
func (t Table) indexCapacity(i Index) capacity {
	return capacity{cmp.Or(i.ReadCapacity, t.ReadCapacity), cmp.Or(i.WriteCapacity, t.WriteCapacity)}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
