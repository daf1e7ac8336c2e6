package project

import "fmt"

// NewConfig returns the text of the configuration of a new project.
func NewConfig(template, name string) []byte {
	return fmt.Appendf(nil, `{
  "version": "2.0",
  "app_name": %q,
%s  "stages": {
    "dev": {
      "api_gateway_stage": "api"
    }
  }
}
`, name, templateTables(template))
}

// templateTables returns the tables that the program of a template needs on AWS. Elsewhere the
// variable TABLE is not set, and the program uses another store.
func templateTables(template string) string {
	if template != "chat" {
		return ""
	}
	return `  "tables": {
    "rooms": {
      "environment_variable": "TABLE",
      "partition_key": {"name": "PK", "type": "S"},
      "sort_key": {"name": "SK", "type": "S"},
      "ttl_attribute": "expires"
    }
  },
`
}
