package selfhost

// Example is a valid configuration with every key that a gateway uses but those of
// "connections_keys", which are about secrets of this machine, and those of "cluster" that are
// about files or for an embedded server. Most keys have a default and may be left out.
const Example = `{
  "version": "2.0",
  "app_name": "chat",
  "addr": "0.0.0.0:443",
  "api_gateway_stage": "prod",
  "api_id": "chat",
  "stage_variables": {"colour": "blue"},
  "domain_name": "chat.example.com",
  "hosts": ["chat.example.com"],
  "functions_tls": false,
  "origins": ["https://example.com"],
  "trusted_proxies": ["10.0.0.0/8"],

  "lambda_functions": {
    "chat": {
      "command": ["sh", "chat.sh"],
      "directory": ".",
      "environment_variables": {"GREETING": "hello"},
      "handler": "bootstrap",
      "lambda_timeout": 30,
      "init_timeout": "10s",
      "idle_timeout": "5m",
      "reserved_concurrency": 100,
      "lambda_memory_size": 128
    },
    "gate": {"command": ["sh", "gate.sh"]},
    "time": {"command": ["sh", "time.sh"], "reserved_concurrency": 2, "lambda_timeout": 3}
  },
  "routes": {
    "$connect": {"function": "chat"},
    "$disconnect": {"function": "chat"},
    "$default": {"function": "chat"},
    "ask": {"function": "chat", "response": true},
    "time": {"function": "time"},
    "report": {"url": "http://127.0.0.1:9000/report"},
    "ping": {"mock": "pong", "response": true},
    "bill": {
      "arn": "arn:aws:lambda:eu-central-1:123456789012:function:bill",
      "region": "eu-central-1"
    }
  },
  "route_selection_expression": "$request.body.action",
  "authorizer": {"function": "gate", "identity_sources": ["route.request.querystring.token"]},

  "connections_keys": [],
  "region": "eu-central-1",
  "account_id": "123456789012",

  "gateway_profile": "aws",
  "limits": {
    "frame": 32768,
    "message": 131072,
    "fragments": 4096,
    "url": 4096,
    "idle": "10m",
    "life": "2h",
    "integration": "29s",
    "handshake": "5s",
    "queue": 1048576,
    "memory": 1073741824,
    "write": "10s",
    "read": "30s",
    "close": "5s",
    "connections": 100000,
    "connections_per_address": 1000,
    "connect_rate": 500,
    "tls_handshakes": 8
  },
  "extensions": {"binary": false, "close_codes": false, "ping": "30s", "concurrency": 1},
  "no_compression": false,

  "tls": {
    "acme": {
      "hosts": ["chat.example.com"],
      "cache_dir": "/var/lib/tyg/acme",
      "email": "ops@example.com"
    }
  },
  "nats": "tls://nats.example.com:4222",
  "cluster": {"name": "chat", "node": "web1", "shards": 1024, "replicas": 3, "insecure": false},
  "disconnects": "best-effort",
  "disconnects_file": ".tyg/disconnects.log",
  "admin": {"addr": "127.0.0.1:9090"},
  "invoke_addr": "127.0.0.1:9001",
  "access_log": {
    "file": "-",
    "format": "{\"requestId\":\"$context.requestId\",\"route\":\"$context.routeKey\"}"
  },
  "log": {"format": "json", "level": "info"},
  "drain": "60s",
  "drain_delay": "5s",
  "drain_window": "30s"
}
`
