package project

func awsFunctionKeys() []KeyDoc {
	missing := map[Use]string{
		Local: "unpack them, and name their directories in variables",
	}
	missing[Gateway] = missing[Local]
	const statement = "policy_statements[]."
	return []KeyDoc{
		{
			Path: "single_function", In: Deploy, Default: "false",
			Says: "one function for all events, so that a client waits for one cold start",
		},
		{Path: "lambda_architecture", In: Deploy, Default: "arm64", Says: "processor"},
		{
			Path: "releases", In: Deploy, Default: "5", Unit: "releases",
			Says: "how many are kept for `tyg rollback`, the live one among them; with 0 there are none, " +
				"and functions change in place; counted",
		},
		{
			Path: "state", In: Deploy, Default: "`.tyg/deployed/{stage}.json`",
			Says: "where the state is kept and locked: `s3://bucket/prefix`, of which the object " +
				"`prefix/{app_name}/{stage}.json` is used; needs `app_name`",
		},
		{Path: "build_tags", In: Deploy, Says: "build tags, beside those of GOFLAGS"},
		{
			Path: "ldflags", In: Deploy, Says: "flags of the linker, such as `-X main.version=1`, beside " +
				"`-s -w` and those of GOFLAGS",
		},
		{Path: "goflags", In: Deploy, Says: "more flags of `go build`"},
		{
			Path: "code_url", In: Deploy, Default: "that of `state`", Says: "where packages over 50 MB " +
				"go, in the region of the stage: `s3://bucket/prefix`",
		},
		{Path: "layers", In: Deploy, Says: "ARNs of layers", Missed: missing},
		{
			Path: "subnet_ids", In: Deploy, Says: "subnets of a VPC; without a NAT gateway functions do " +
				"not reach `@connections` from there: [aws-vpc.md](aws-vpc.md)",
		},
		{Path: "security_group_ids", In: Deploy, Says: "security groups in the VPC"},
		{
			Path: "ipv6_allowed_for_dual_stack", In: Deploy,
			Default: "what the function has, at first false",
			Says:    "functions send by IPv6, too, in subnets that have it",
		},
		{Path: "tags", In: Deploy, Says: "tags of every resource"},
		{Path: "xray", In: Deploy, Default: "false", Says: "trace by AWS X-Ray"},
		{
			Path: "log_retention_in_days", In: Deploy, Unit: "days",
			Default: "what AWS has: for ever at first", Says: "how long logs are kept; 0 is for ever",
		},
		{
			Path: "ephemeral_storage", In: Deploy, Unit: "MB",
			Default: "what the function has, at first 512",
			Says:    "size of `/tmp`",
		},
		{
			Path: "log_format", In: Deploy, Default: "what the function has, at first Text",
			Says: "format of Lambda's own log lines, and of the program's by package lambda",
		},
		{
			Path: "application_log_level", In: Deploy, Default: "what the function has",
			Says: "level from which JSON lines of the program are kept",
		},
		{
			Path: "system_log_level", In: Deploy, Default: "what the function has",
			Says: "level from which JSON lines of Lambda are kept",
		},
		{
			Path: "kms_key_arn", In: Deploy, Default: "what the function has, at first AWS's own key",
			Says: "key that encrypts the environment variables",
		},
		{
			Path: "log_kms_key", In: Deploy, Default: "what the log group has, at first AWS's own key",
			Says: "ARN of the key that encrypts logs, whose policy must allow it to CloudWatch Logs; " +
				"`none` ends that",
		},
		{
			Path: "autogen_policy", In: Deploy, Default: "true",
			Says: "false: use the policy in `iam_policy_file`, and a role for each function",
		},
		{
			Path: "iam_policy_file", In: Deploy, Default: "policy-{stage}.json",
			Says: "policy, below `.tyg`",
		},
		{
			Path: "policy_statements", In: Deploy,
			Says: "statements that a generated policy has, too; a function with its own has a role of " +
				"its own",
		},
		{Path: statement + "Sid", In: Deploy, Says: "name of the statement in the policy"},
		{Path: statement + "Effect", In: Deploy, Says: "what the statement does"},
		{Path: statement + "Action", In: Deploy, Says: "actions, such as `s3:GetObject`"},
		{Path: statement + "NotAction", In: Deploy, Says: "all actions but these"},
		{Path: statement + "Resource", In: Deploy, Says: "ARNs, or `*`"},
		{Path: statement + "NotResource", In: Deploy, Says: "all resources but these"},
		{Path: statement + "Condition", In: Deploy, Says: "when the statement applies"},
		{
			Path: "permissions_boundary", In: Deploy, Default: "what the role has",
			Says: "ARN of the policy that limits the roles; `none` removes it",
		},
		{
			Path: "role_path", In: Deploy, Default: "/",
			Says: "path of the roles, such as `/service/`; it cannot change",
		},
		{
			Path: "manage_iam_role", In: Deploy, Default: "true",
			Says: "false: use the role `iam_role_arn` and leave it unchanged",
		},
		{Path: "iam_role_arn", In: Deploy, Says: "role of the functions"},
		{
			Path: "groups", In: Deploy, Default: "what the program uses",
			Says: "whether there is a table for groups, values and states",
		},
	}
}

func apiKeys() []KeyDoc {
	const domain = "websocket_api_custom_domain"
	const why = "clients connect without it; check handshakes in OnAuthorize or a proxy"
	missing := map[Use]string{Local: why, Gateway: why}
	return []KeyDoc{
		{
			Path: "connect", In: Deploy, Says: "what API Gateway asks of a handshake before the program",
			Missed: missing,
		},
		{
			Path: "connect.authorization", In: Deploy, Default: "none",
			Says: "`iam`: handshakes are signed by a principal that may `execute-api:Invoke`",
		},
		{
			Path: "connect.api_key_required", In: Deploy, Default: "false",
			Says: "handshakes have an API key of a usage plan of the stage in `x-api-key`",
		},
		{
			Path: "connect.authorizer", In: Deploy,
			Says: "an authorizer outside of the application, in place of OnAuthorize",
		},
		{
			Path: "connect.authorizer.function_arn", In: Deploy,
			Says: "its function, of this account or another one",
		},
		{
			Path: "connect.authorizer.role_arn", In: Deploy, Default: "the policy of the function decides",
			Says: "role that API Gateway assumes to call it",
		},
		{
			Path: "connect.authorizer.identity_sources", In: Deploy,
			Says: "what a handshake must have, such as `route.request.header.Authorization`",
		},
		{
			Path: "throttling", In: Deploy, Default: "the account's", Says: "limits of all clients together",
			Missed: map[Use]string{Gateway: "it does not limit the messages of all clients together"},
		},
		{
			Path: "throttling.rate_limit", In: Deploy, Unit: "messages a second", Default: "the account's",
			Says: "messages of all clients",
		},
		{
			Path: "throttling.burst_limit", In: Deploy, Unit: "messages", Default: "the account's",
			Says: "messages at once",
		},
		{Path: "logging_level", In: Deploy, Default: "OFF", Says: "log of API Gateway"},
		{Path: "data_trace", In: Deploy, Default: "false", Says: "log whole messages"},
		{Path: "detailed_metrics", In: Deploy, Default: "false", Says: "metrics of each route"},
		{
			Path: "ip_address_type", In: Deploy, Default: "what the API has, at first ipv4",
			Says: "addresses of the API: dualstack for clients with IPv6, too",
		},
		{Path: domain, In: Deploy, Says: "domain name of your own"},
		{Path: domain + ".domain_name", In: Deploy, Says: "its name"},
		{
			Path: domain + ".certificate_arn", In: Deploy,
			Says: "certificate of AWS Certificate Manager in the region",
		},
		{
			Path: domain + ".certificate", In: Deploy, Default: "that of `certificate_arn`",
			Says: "`request`: have one requested, validated by DNS, renewed by AWS and deleted with the " +
				"stage",
		},
		{
			Path: domain + ".hosted_zone", In: Deploy,
			Default: "auto if a certificate is requested, else none",
			Says: "zone of Route 53 in which deploy writes the records of the domain name: an id, `auto` " +
				"for the public zone with the longest matching name, or `none`",
		},
		{Path: domain + ".tls_version", In: Deploy, Default: "TLS_1_2", Says: "security policy"},
		{Path: domain + ".url_prefix", In: Deploy, Says: "path below which the API is"},
		{
			Path: domain + ".ip_address_type", In: Deploy,
			Default: "what the domain name has, at first ipv4",
			Says:    "addresses of the domain name: dualstack for clients with IPv6, too",
		},
		{Path: domain + ".tags", In: Deploy, Says: "its tags"},
	}
}

func tableKeys() []KeyDoc {
	const table, index = "tables.{name}.", "tables.{name}.indexes.{name}."
	keys := []KeyDoc{
		{
			Path: "tables", In: Local | Deploy, Says: "DynamoDB tables of the application; " +
				"`tyg local` makes those of a project with `routes`, or with a trigger by the stream of one",
			Missed: map[Use]string{Gateway: "it makes no tables; name one that exists in a variable"},
		},
		{
			Path: table + "environment_variable", In: Local | Deploy,
			Default: "TABLE if there is one table", Says: "variable with the name of the table",
		},
		{
			Path: table + "table_name", In: Local | Deploy, Default: "{app}-{stage}-{name}",
			Says: "name on AWS; a table that exists is used as it is",
		},
		{Path: table + "ttl_attribute", In: Deploy, Says: "attribute with the time when an item expires"},
		{
			Path: table + "deletion_protection", In: Deploy, Default: "what AWS has: false at first",
			Says: "refuse to delete the table",
		},
		{
			Path: table + "billing_mode", In: Deploy, Default: "what AWS has: by request at first",
			Says: "PAY_PER_REQUEST makes AWS charge by request again; PROVISIONED needs capacities",
		},
		{
			Path: table + "actions", In: Deploy, Default: "every action on items except scans",
			Says: "what functions may do with the table, such as `Query`",
		},
		{
			Path: table + "point_in_time_recovery", In: Deploy,
			Default: "what the table has, at first false",
			Says:    "keep backups of each second of the last 35 days",
		},
		{
			Path: table + "kms_key_arn", In: Deploy,
			Default: "what the table has, at first DynamoDB's own key", Says: "key that encrypts the table",
		},
		{
			Path: table + "stream_view_type", In: Local | Deploy,
			Default: "what the table has, at first no stream",
			Says:    "what the stream of the table has of each change; `NONE` ends it",
		},
		{Path: table + "tags", In: Deploy, Says: "tags of the table"},
		{Path: table + "indexes", In: Local | Deploy, Says: "global secondary indexes"},
	}
	for _, of := range []string{table, index} {
		keys = append(keys,
			KeyDoc{Path: of + "partition_key", In: Local | Deploy, Says: "partition key"},
			KeyDoc{Path: of + "partition_key.name", In: Local | Deploy, Says: "attribute"},
			KeyDoc{Path: of + "partition_key.type", In: Local | Deploy, Default: "S", Says: "its type"},
			KeyDoc{Path: of + "sort_key", In: Local | Deploy, Default: "none", Says: "sort key"},
			KeyDoc{Path: of + "sort_key.name", In: Local | Deploy, Says: "attribute"},
			KeyDoc{Path: of + "sort_key.type", In: Local | Deploy, Default: "S", Says: "its type"},
			KeyDoc{
				Path: of + "read_capacity", In: Deploy, Unit: "units",
				Default: "what AWS has: by request at first", Says: "reads a second",
			},
			KeyDoc{
				Path: of + "write_capacity", In: Deploy, Unit: "units",
				Default: "what AWS has: by request at first", Says: "writes a second",
			},
		)
	}
	return keys
}

func triggerKeys() []KeyDoc {
	const both, of = Local | Deploy, "triggers.{name}."
	return []KeyDoc{
		{
			Path: "triggers", In: both, Says: "sources of events for the handlers of `OnTrigger`, by " +
				"their names. Each has one source: " +
				"[triggers.md](triggers.md)",
			Missed: map[Use]string{Gateway: "it calls no handlers of triggers; deploy the program, too"},
		},
		{
			Path: of + "sqs", In: both,
			Says: "name or ARN of a queue; `tyg local` takes its messages from `tyg invoke --local`",
		},
		{
			Path: of + "dynamodb", In: both, Says: "name of a table with a stream, of `tables` or another " +
				"one, or the ARN of its stream; `tyg local` has the streams of its own tables",
		},
		{
			Path: of + "schedule", In: both,
			Says: "`rate(5 minutes)`, or `cron(0 3 * * ? *)` in UTC; `tyg local` has a clock for it",
		},
		{Path: of + "eventbridge", In: both, Says: "name or ARN of an event bus; needs a filter"},
		{Path: of + "sns", In: both, Says: "name or ARN of a topic"},
		{
			Path: of + "http", In: both,
			Says: "a function URL: for all clients, or for signed requests; `tyg local` serves it at a port",
		},
		{Path: of + "filter", In: both, Says: "pattern of AWS that events must match"},
		{
			Path: of + "batch_size", In: both, Unit: "events", Default: "10, of a stream 100",
			Says: "how many messages or changes the handler gets at once",
		},
		{
			Path: of + "maximum_batching_window_in_seconds", In: Deploy, Unit: "seconds", Default: "0",
			Says: "how long a batch is collected",
		},
		{
			Path: of + "maximum_concurrency", In: Deploy, Unit: "batches", Default: "no limit",
			Says: "batches of a queue at a time",
		},
		{
			Path: of + "starting_position", In: Deploy, Default: "LATEST",
			Says: "where a stream begins",
		},
	}
}
