package table

import (
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// namePattern is the pattern of names of tables and indexes.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html)
const namePattern = `[a-zA-Z0-9_.-]{3,255}`

// maxIndexes is how many global secondary indexes a table may have.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)
const maxIndexes = 20

// A checker checks tables.
type checker struct{ *spec.Checker }

func check(sc *spec.Checker, a spec.Application) {
	c := checker{sc}
	for i, t := range a.Tables {
		c.table(a, t)
		c.duplicates(t, a.Tables[:i])
	}
}

func (c checker) table(a spec.Application, t spec.Table) {
	at := "tables." + t.LogicalName
	c.Want(spec.Matches(namePattern, t.Name),
		"%s.table_name is %q: it must have 3 to 255 letters, digits and _.-", at, t.Name)
	if t.Variable != "" {
		c.Want(spec.Matches(spec.VariablePattern, t.Variable) &&
			!slices.Contains(spec.ReservedVariables(), t.Variable),
			"%s.environment_variable is %q, which Lambda does not allow", at, t.Variable)
	}
	c.Want(min(t.ReadCapacity, t.WriteCapacity) > 0 || t.ReadCapacity == 0 && t.WriteCapacity == 0,
		"%s.read_capacity and write_capacity go together, and are 1 or more: give both, or neither to "+
			"pay by request", at)
	c.Want(!t.OnDemand || t.ReadCapacity == 0,
		"%s.billing_mode is PAY_PER_REQUEST, and read_capacity and write_capacity are given: leave one "+
			"of them out", at)
	c.Want(len(t.TTLAttribute) <= 255, "%s.ttl_attribute is longer than 255 bytes", at)
	for _, action := range t.Actions {
		c.Want(spec.Matches(`[A-Za-z]+\*?`, action),
			"%s.actions: %q is no action; write it like Query, without dynamodb:", at, action)
	}
	c.Want(slices.Contains([]string{
		"", "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", spec.NoStream,
	}, t.Stream), "%s.stream_view_type is %q: it must be KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, "+
		"NEW_AND_OLD_IMAGES or NONE", at, t.Stream)
	c.Want(t.KMSKeyARN == "" || spec.IsKey(t.KMSKeyARN),
		"%s.kms_key_arn is %q, which is not the ARN of a key", at, t.KMSKeyARN)
	c.Tags(at+".tags", a.ResourceTags(t.Tags), t.Tags)
	kinds := make(map[string]string)
	c.key(at, t.Key(), kinds)
	c.Want(len(t.Indexes) <= maxIndexes, "%s.indexes: there are %d, and DynamoDB allows %d",
		at, len(t.Indexes), maxIndexes)
	for i, index := range t.Indexes {
		c.index(at, t, index, kinds)
		c.Want(!slices.ContainsFunc(t.Indexes[:i], func(o spec.Index) bool {
			return o.Name == index.Name
		}),
			"%s.indexes: there are two called %s", at, index.Name)
	}
}

func (c checker) index(at string, t spec.Table, i spec.Index, kinds map[string]string) {
	c.Want(spec.Matches(namePattern, i.Name),
		"%s.indexes: %q must have 3 to 255 letters, digits and _.-", at, i.Name)
	at += ".indexes." + i.Name
	c.Want(i.ReadCapacity >= 0 && i.WriteCapacity >= 0,
		"%s.read_capacity and write_capacity must not be negative", at)
	c.Want(t.ReadCapacity > 0 || i.ReadCapacity == 0 && i.WriteCapacity == 0,
		"%s.read_capacity and write_capacity are given, but the table is paid by request",
		at)
	c.key(at, i.Key(), kinds)
}

// key checks the attributes of a key. An attribute must have the same type in all keys.
func (c checker) key(at string, k spec.Key, kinds map[string]string) {
	c.Want(k.Partition.Name != "", "%s.partition_key has no name", at)
	c.Want(k.Sort.Name == "" || k.Sort.Name != k.Partition.Name,
		"%s.partition_key and sort_key are both %q: they must differ", at, k.Sort.Name)
	for _, a := range []spec.Attribute{k.Partition, k.Sort} {
		if a.Name == "" {
			continue
		}
		c.Want(len(a.Name) <= 255, "%s: the key %q is longer than 255 bytes", at, a.Name)
		c.Want(slices.Contains([]string{"S", "N", "B"}, a.Type),
			"%s: the key %s has the type %q: it must be S, N or B", at, a.Name, a.Type)
		old, ok := kinds[a.Name]
		c.Want(!ok || old == a.Type, "%s: the key %s has the type %s, and elsewhere in the table %s",
			at, a.Name, a.Type, old)
		kinds[a.Name] = a.Type
	}
}

// duplicates checks that a table has no name or variable of another table.
func (c checker) duplicates(t spec.Table, others []spec.Table) {
	for _, o := range others {
		c.Want(o.LogicalName != t.LogicalName, "tables: there are two called %s", t.LogicalName)
		c.Want(o.Name != t.Name, "tables.%s.table_name is also that of tables.%s: %s",
			t.LogicalName, o.LogicalName, t.Name)
		c.Want(t.Variable == "" || o.Variable != t.Variable,
			"tables.%s.environment_variable is also that of tables.%s: %s",
			t.LogicalName, o.LogicalName, t.Variable)
	}
}
