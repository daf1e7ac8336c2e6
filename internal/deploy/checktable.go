package deploy

import "slices"

// namePattern is what names of tables and indexes are like.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html)
const namePattern = `[a-zA-Z0-9_.-]{3,255}`

// maxIndexes is how many global secondary indexes a table may have.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html)
const maxIndexes = 20

func (c *checker) tables(a Application) {
	for i, t := range a.Tables {
		c.table(a, t)
		c.twins(t, a.Tables[:i])
	}
}

func (c *checker) table(a Application, t Table) {
	at := "tables." + t.LogicalName
	c.want(matches(namePattern, t.Name),
		"%s.table_name is %q: it must have 3 to 255 letters, digits and _.-", at, t.Name)
	if t.Variable != "" {
		c.want(matches(variablePattern, t.Variable) &&
			!slices.Contains(reservedVariables(), t.Variable),
			"%s.environment_variable is %q, which Lambda does not allow", at, t.Variable)
	}
	c.want(min(t.ReadCapacity, t.WriteCapacity) > 0 || t.ReadCapacity == 0 && t.WriteCapacity == 0,
		"%s.read_capacity and write_capacity go together, and are 1 or more: give both, or neither to "+
			"pay by request", at)
	c.want(len(t.TTLAttribute) <= 255, "%s.ttl_attribute is longer than 255 bytes", at)
	for _, action := range t.Actions {
		c.want(matches(`[A-Za-z]+\*?`, action),
			"%s.actions: %q is no action; they are like Query, without dynamodb:", at, action)
	}
	c.tags(at+".tags", a.tags(t.Tags), t.Tags)
	kinds := make(map[string]string)
	c.key(at, t.key(), kinds)
	c.want(len(t.Indexes) <= maxIndexes, "%s.indexes: there are %d, and DynamoDB allows %d",
		at, len(t.Indexes), maxIndexes)
	for i, index := range t.Indexes {
		c.index(at, t, index, kinds)
		c.want(!slices.ContainsFunc(t.Indexes[:i], func(o Index) bool { return o.Name == index.Name }),
			"%s.indexes: there are two called %s", at, index.Name)
	}
}

func (c *checker) index(at string, t Table, i Index, kinds map[string]string) {
	c.want(matches(namePattern, i.Name),
		"%s.indexes: %q must have 3 to 255 letters, digits and _.-", at, i.Name)
	at += ".indexes." + i.Name
	c.want(i.ReadCapacity >= 0 && i.WriteCapacity >= 0,
		"%s.read_capacity and write_capacity must not be negative", at)
	c.want(t.ReadCapacity > 0 || i.ReadCapacity == 0 && i.WriteCapacity == 0,
		"%s.read_capacity and write_capacity are given, and the table has none: it is paid by request",
		at)
	c.key(at, i.key(), kinds)
}

// key checks the attributes of a key. An attribute has the same type wherever it is one.
func (c *checker) key(at string, k tableKey, kinds map[string]string) {
	c.want(k.partition.Name != "", "%s.partition_key has no name", at)
	c.want(k.sort.Name == "" || k.sort.Name != k.partition.Name,
		"%s.partition_key and sort_key are both %q: they must differ", at, k.sort.Name)
	for _, a := range []Attribute{k.partition, k.sort} {
		if a.Name == "" {
			continue
		}
		c.want(len(a.Name) <= 255, "%s: the key %q is longer than 255 bytes", at, a.Name)
		c.want(slices.Contains([]string{"S", "N", "B"}, a.Type),
			"%s: the key %s has the type %q: it must be S, N or B", at, a.Name, a.Type)
		old, ok := kinds[a.Name]
		c.want(!ok || old == a.Type, "%s: the key %s has the type %s, and elsewhere in the table %s",
			at, a.Name, a.Type, old)
		kinds[a.Name] = a.Type
	}
}

// twins checks that a table does not take what another one has.
func (c *checker) twins(t Table, others []Table) {
	for _, o := range others {
		c.want(o.LogicalName != t.LogicalName, "tables: there are two called %s", t.LogicalName)
		c.want(o.Name != t.Name, "tables.%s.table_name is that of tables.%s, too: %s",
			t.LogicalName, o.LogicalName, t.Name)
		c.want(t.Variable == "" || o.Variable != t.Variable,
			"tables.%s.environment_variable is that of tables.%s, too: %s",
			t.LogicalName, o.LogicalName, t.Variable)
	}
}
