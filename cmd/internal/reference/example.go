package reference

// Example is a configuration for all commands.
const Example = `{
  "version": "2.0",
  "app_name": "chat",
  "app": "chat",
  "lambda_functions": {
    "chat": {
      "command": ["./bootstrap"],
      "environment_variables": {"GREETING": "hello"},
      "lambda_timeout": 10
    }
  },
  "tables": {
    "rooms": {
      "partition_key": {"name": "PK"}, "sort_key": {"name": "SK"}, "ttl_attribute": "expires"
    }
  },
  "stages": {
    "dev": {"log_retention_in_days": 7},
    "prod": {
      "addr": "0.0.0.0:443",
      "origins": ["https://example.com"],
      "tls": {"acme": {"hosts": ["chat.example.com"], "cache_dir": "/var/lib/tyg/acme"}},
      "limits": {"idle": "5m", "connections": 200000},
      "log": {"format": "json"}
    }
  }
}
`
