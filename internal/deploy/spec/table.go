package spec

import (
	"cmp"
	"fmt"
)

// A Table is a DynamoDB table.
type Table struct {
	// LogicalName is what the project calls it.
	LogicalName string
	// Name is its name on AWS.
	Name string
	// Variable is the environment variable by which functions find the name.
	Variable string

	PartitionKey Attribute
	SortKey      Attribute // optional: without a name there is none
	Indexes      []Index

	// ReadCapacity and WriteCapacity are in units. 0 leaves what AWS has, such as what auto scaling
	// has set; a new table is then paid by request.
	ReadCapacity, WriteCapacity int64

	// OnDemand makes AWS charge for requests, whatever the table has now.
	OnDemand bool

	// TTLAttribute, if not empty, is the attribute with the time after which AWS may delete an item.
	TTLAttribute string

	// DeletionProtection makes AWS refuse to delete the table. Nil leaves what AWS has, which is off
	// for a new table.
	DeletionProtection *bool

	// What follows is left as it is where it has its zero value: a new table has DynamoDB's defaults.
	PointInTimeRecovery *bool
	KMSKeyARN           string // of the key that encrypts the table
	Stream              string // "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES" or "NONE"

	// Actions are the actions that a generated policy allows on the table and its indexes, such as
	// "Query"; nil means [TableActions].
	Actions []string

	Tags map[string]string
}

// An Attribute is a key of a table.
type Attribute struct {
	Name string
	Type string // "S", "N" or "B"; empty is "S"
}

// An Index is a global secondary index. It projects all attributes of the table.
type Index struct {
	Name                        string
	PartitionKey, SortKey       Attribute
	ReadCapacity, WriteCapacity int64
}

// A Key is the key of a table or of an index. Its attributes have types.
type Key struct{ Partition, Sort Attribute }

// Key returns the key of the table.
func (t Table) Key() Key { return newKey(t.PartitionKey, t.SortKey) }

// Key returns the key of the index.
func (i Index) Key() Key { return newKey(i.PartitionKey, i.SortKey) }

func newKey(partition, sort Attribute) Key {
	partition.Type = cmp.Or(partition.Type, "S")
	if sort.Name != "" {
		sort.Type = cmp.Or(sort.Type, "S")
	}
	return Key{partition, sort}
}

// String returns the key as plans and errors show it.
func (k Key) String() string {
	text := fmt.Sprintf("%s (%s)", k.Partition.Name, k.Partition.Type)
	if k.Sort.Name != "" {
		text += fmt.Sprintf(", %s (%s)", k.Sort.Name, k.Sort.Type)
	}
	return text
}

// NoStream is the [Table.Stream] that ends a stream.
const NoStream = "NONE"

// Streams reports whether the application wants a stream of the table.
func (t Table) Streams() bool { return t.Stream != "" && t.Stream != NoStream }

// Attributes returns the attributes of all keys of the table and its indexes, each once.
func (t Table) Attributes() []Attribute {
	keys := []Key{t.Key()}
	for _, i := range t.Indexes {
		keys = append(keys, i.Key())
	}
	seen := map[string]bool{"": true}
	var all []Attribute
	for _, k := range keys {
		for _, a := range []Attribute{k.Partition, k.Sort} {
			if !seen[a.Name] {
				seen[a.Name] = true
				all = append(all, a)
			}
		}
	}
	return all
}

// A Capacity is what is provisioned, in units; the zero value is none: paid by request.
type Capacity struct{ Read, Write int64 }

// Capacity returns the capacity of the table.
func (t Table) Capacity() Capacity { return Capacity{t.ReadCapacity, t.WriteCapacity} }

// Protected reports whether a new table is protected from being deleted.
func (t Table) Protected() bool { return t.DeletionProtection != nil && *t.DeletionProtection }

// WantedCapacity returns the capacity of a table that has one already: its own, if the application
// says anything about it.
func (t Table) WantedCapacity(have Capacity) Capacity {
	if t.Capacity() == (Capacity{}) && !t.OnDemand {
		return have
	}
	return t.Capacity()
}

// WantedIndexCapacity returns the capacity of an index that has one already, of a table that will
// have the capacity of.
func (t Table) WantedIndexCapacity(i Index, of, have Capacity) Capacity {
	says := i.ReadCapacity != 0 || i.WriteCapacity != 0
	switch {
	case of == (Capacity{}):
		return Capacity{}
	case !says && have != (Capacity{}):
		return have
	}
	return Capacity{
		cmp.Or(i.ReadCapacity, have.Read, of.Read), cmp.Or(i.WriteCapacity, have.Write, of.Write),
	}
}

// BillingMode returns how a new table is paid, as DynamoDB calls it.
func (t Table) BillingMode() string {
	if t.Capacity() == (Capacity{}) {
		return "PAY_PER_REQUEST"
	}
	return "PROVISIONED"
}

// IndexCapacity returns the capacity of a new index, which is that of the table if it has none of
// its own.
func (t Table) IndexCapacity(i Index) Capacity {
	return Capacity{cmp.Or(i.ReadCapacity, t.ReadCapacity), cmp.Or(i.WriteCapacity, t.WriteCapacity)}
}

// String returns the capacity as plans show it.
func (c Capacity) String() string {
	if c == (Capacity{}) {
		return "paid by request"
	}
	return fmt.Sprintf("%d read, %d write units", c.Read, c.Write)
}
