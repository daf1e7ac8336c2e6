package project

// A TableConfig is a DynamoDB table of the application.
type TableConfig struct {
	// Variable is the environment variable that has the name of the table. The default is TABLE if
	// there is only one table.
	Variable string `json:"environment_variable"`
	// Name is the name on AWS. The default is {app}-{stage}-{logical name}.
	Name         string                 `json:"table_name"`
	PartitionKey *KeyConfig             `json:"partition_key"`
	SortKey      *KeyConfig             `json:"sort_key"`
	Indexes      map[string]IndexConfig `json:"indexes"`

	// Without capacity units the table is billed by request.
	ReadCapacity  int64 `json:"read_capacity" allow:"1..1000000"`
	WriteCapacity int64 `json:"write_capacity" allow:"1..1000000"`

	TTLAttribute       string            `json:"ttl_attribute"`
	DeletionProtection bool              `json:"deletion_protection"`
	Actions            []string          `json:"actions"` // permitted to functions, such as "Query"
	Tags               map[string]string `json:"tags"`
}

// A KeyConfig is a key attribute.
type KeyConfig struct {
	Name string `json:"name"`
	Type string `json:"type" allow:"S|N|B"` // "S", the default, "N" or "B"
}

// An IndexConfig is a global secondary index of a table.
type IndexConfig struct {
	PartitionKey  *KeyConfig `json:"partition_key"`
	SortKey       *KeyConfig `json:"sort_key"`
	ReadCapacity  int64      `json:"read_capacity" allow:"1..1000000"`
	WriteCapacity int64      `json:"write_capacity" allow:"1..1000000"`
}
