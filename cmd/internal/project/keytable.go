package project

// The commands that most keys are for.
const (
	servers = Local | Gateway
	all     = Local | Gateway | Deploy
)

// keyGroups is the table of all keys. A test holds it to the fields of Config.
func keyGroups() []KeyGroup {
	return []KeyGroup{
		{"General", generalKeys()},
		{"Functions", functionKeys()},
		{"Routes", routeKeys()},
		{"Listeners and clients", listenerKeys()},
		{"Limits and extensions", limitKeys()},
		{"Operation", operationKeys()},
		{"Cluster", clusterKeys()},
		{"Functions on AWS", awsFunctionKeys()},
		{"API Gateway", apiKeys()},
		{"Tables", tableKeys()},
		{"Triggers", triggerKeys()},
	}
}

func generalKeys() []KeyDoc {
	return []KeyDoc{
		{Path: "version", In: all, Says: "version of the format, 2.0"},
		{
			Path: "$schema", In: all,
			Says: "JSON schema for editors, such as the output of `tyg config schema`",
		},
		{
			Path: "app_name", In: all | Program, Variable: "TYG_APP_NAME",
			Default: "the name that the program gives itself",
			Says:    "name of the application: in the banner, and at the beginning of names on AWS",
		},
		{
			Path: "stages", In: all,
			Says: "settings of single stages. A key of the chosen stage goes before the same key of the " +
				"top level; maps, `limits`, `extensions`, `admin` and `log` are merged",
		},
		{
			Path: "api_gateway_stage", In: all | Program, Default: "api", Variable: "TYG_STAGE",
			Says: "first part of the path of the URL",
		},
		{
			Path: "app", In: all, Says: "function in `lambda_functions` that is the Go program of the " +
				"project, which describes its own routes. `tyg local` and `tyg deploy` build it, and " +
				"`tyg gateway` runs its `command`; its settings hold for all functions made of it",
		},
		{
			Path: "stage_variables", In: all,
			Says: "variables of the stage, in events as `stageVariables`",
		},
		{
			Path: "profile", In: Deploy, Variable: "AWS_PROFILE", Flag: "profile",
			Default: "as every AWS tool", Says: "profile of ~/.aws/config with the credentials of AWS",
		},
	}
}

func functionKeys() []KeyDoc {
	const name = "lambda_functions.{name}."
	const variable = "environment_variables.{name}."
	return []KeyDoc{
		{Path: "lambda_functions", In: all, Says: "functions, and their own settings"},
		{
			Path: name + "command", In: servers, Says: "program of the function and its arguments; it " +
				"speaks the Lambda Runtime API",
		},
		{
			Path: name + "runtime", In: servers, Says: "in place of a command: `nodejs22.x`, " +
				"`python3.13`, `ruby3.4` or `provided.al2023`, of any version",
		},
		{
			Path: name + "handler", In: servers,
			Says: "what a runtime calls, such as `app.handler`; for a command the variable `_HANDLER`",
		},
		{
			Path: name + "directory", In: servers, Default: "the project",
			Says: "working directory",
		},
		{
			Path: name + "init_timeout", In: servers, Default: "10s; in tyg local 30s",
			Says: "time until a process asks for its first event",
		},
		{
			Path: name + "idle_timeout", In: servers, Default: "5m",
			Says: "time without an event after which a process ends; one always stays; negative: never",
		},
		{
			Path: "environment_variables", In: all,
			Says: "environment variables of functions: a text, or a secret",
		},
		{Path: variable + "text", In: all, Says: "the value; the same as a text in place of the object"},
		{
			Path: variable + "ssm", In: Deploy,
			Says: "parameter of Systems Manager that has the value",
		},
		{
			Path: variable + "secret", In: Deploy,
			Says: "name or ARN of a secret of Secrets Manager that has the value",
		},
		{Path: variable + "key", In: Deploy, Says: "key in the JSON object that the secret is"},
		{
			Path: variable + "at", In: Deploy, Default: "start",
			Says: "when the value is read: at each start of a function, or at `deploy`",
		},
		{
			Path: variable + "local", In: servers, Default: "that of the environment of the command",
			Says: "value of a secret on this machine",
		},
		{
			Path: "lambda_timeout", In: all, Unit: "seconds", Default: "29 on AWS, else 60",
			Defaults: map[Use]string{Local: "60", Gateway: "60", Deploy: "29"},
			Says:     "time for one event",
		},
		{
			Path: "lambda_memory_size", In: all, Unit: "MiB", Default: "128",
			Says: "memory on AWS, which gives processor time in proportion; elsewhere only in the " +
				"environment of the function",
		},
		{
			Path: "reserved_concurrency", In: all,
			Default:  "local 1, gateway 10, on AWS what it has",
			Defaults: map[Use]string{Local: "1", Gateway: "10", Deploy: "what it has"},
			Says: "processes of the function, and so events at the same time; on AWS 0 is none at all, " +
				"and -1 takes a reservation back",
		},
	}
}

func routeKeys() []KeyDoc {
	const route, auth = "routes.{name}.", "authorizer."
	return []KeyDoc{
		{
			Path: "routes", In: servers, Says: "target of each route, by its key: `$connect`, `$default`, " +
				"`$disconnect` or a value of the selection expression; one of `function`, `url`, `arn` and " +
				"`mock`",
		},
		{Path: route + "function", In: servers, Says: "function in `lambda_functions`"},
		{Path: route + "url", In: servers, Says: "http or https URL to which events are POSTed"},
		{Path: route + "arn", In: servers, Says: "function on AWS"},
		{Path: route + "mock", In: servers, Says: "body with which each event is answered"},
		{
			Path: route + "region", In: servers, Default: "as in the ARN",
			Says: "region of the function on AWS",
		},
		{
			Path: route + "response", In: servers, Default: "false",
			Says: "send the body of the reply to the client",
		},
		{
			Path: "route_selection_expression", In: servers, Default: "$request.body.action",
			Says: "where a message has its route",
		},
		{Path: "authorizer", In: servers, Says: "target that decides on handshakes"},
		{Path: auth + "function", In: servers, Says: "function in `lambda_functions`"},
		{Path: auth + "url", In: servers, Says: "http or https URL"},
		{Path: auth + "arn", In: servers, Says: "function on AWS"},
		{Path: auth + "mock", In: servers, Says: "policy with which each handshake is answered"},
		{
			Path: auth + "region", In: servers, Default: "as in the ARN",
			Says: "region of the function on AWS",
		},
		{
			Path: auth + "identity_sources", In: servers,
			Says: "what a handshake must have, such as `route.request.querystring.token`",
		},
	}
}

func listenerKeys() []KeyDoc {
	const acme = "tls.acme."
	noACME := map[Use]string{Local: "it serves ws, and wss with tls.cert_file"}
	return []KeyDoc{
		{
			Path: "addr", In: servers | Program, Default: "127.0.0.1:8000", Flag: "addr",
			Says: "address to listen on; port 0 is any free port",
		},
		{
			Path: "origins", In: servers | Program, Flag: "origin",
			Default: "pages of the same host; in tyg local those of this machine, too",
			Defaults: map[Use]string{
				Local: "pages of this machine and of the same host", Gateway: "pages of the same host",
			},
			Says:   "origins of web pages that may connect, `*` for all",
			Missed: map[Use]string{Deploy: "API Gateway lets all pages connect"},
		},
		{
			Path: "hosts", In: Gateway | Program, Flag: "host", Default: "all",
			Says: "names by which clients may call, `*.example.com` for all below one",
			Missed: map[Use]string{
				Local: "it is called at loopback", Deploy: "API Gateway has names of its own",
			},
		},
		{
			Path: "domain_name", In: Gateway,
			Default: "the first of tls.acme.hosts, else an address of this machine",
			Says:    "host in events of functions, at which they call @connections",
		},
		{
			Path: "functions_tls", In: Gateway, Default: "false",
			Says: "answer functions by TLS at the addresses that they build from events; tyg local " +
				"always does",
		},
		{
			Path: "trusted_proxies", In: Gateway,
			Says: "addresses and networks of proxies whose X-Forwarded-For counts",
		},
		{Path: "tls", In: servers | Program, Says: "TLS for clients, from files or by ACME"},
		{
			Path: "tls.cert_file", In: servers | Program, Flag: "cert",
			Says: "certificate, a PEM file, which is loaded again when it changes",
		},
		{Path: "tls.key_file", In: servers | Program, Flag: "key", Says: "its key, a PEM file"},
		{
			Path: "tls.acme", In: Gateway, Missed: noACME,
			Says: "certificates of Let's Encrypt, whose terms this accepts",
		},
		{Path: acme + "hosts", In: Gateway, Says: "host names that may have certificates"},
		{Path: acme + "cache_dir", In: Gateway, Default: "acme", Says: "directory of certificates"},
		{Path: acme + "email", In: Gateway, Says: "address for the authority's messages"},
		{
			Path: acme + "directory_url", In: Gateway, Default: "Let's Encrypt",
			Says: "another authority (RFC 8555)",
		},
		{
			Path: "connections_keys", In: Gateway, Says: "access keys of programs that call " +
				"@connections. Programs with host.Run take one from TYG_ACCESS_KEY_ID and " +
				"TYG_SECRET_ACCESS_KEY",
		},
		{Path: "connections_keys[].access_key_id", In: Gateway, Says: "id of the key"},
		{
			Path: "connections_keys[].secret_env", In: Gateway,
			Says: "environment variable that has the secret",
		},
		{Path: "connections_keys[].secret_file", In: Gateway, Says: "file that has the secret"},
		{Path: "invoke_addr", In: Gateway, Says: "address at which functions are invoked as on Lambda"},
		{Path: "api_id", In: servers, Default: "local", Says: "id of the API in events and metrics"},
		{
			Path: "region", In: all, Flag: "region", Variable: "AWS_REGION",
			Says: "AWS region: where the stage is, and in the environment of functions",
		},
		{Path: "account_id", In: servers, Says: "AWS account in events of authorizers and in ARNs"},
	}
}

func limitKeys() []KeyDoc {
	const limits, on = Gateway | Program, "extensions."
	keep := map[Use]string{
		Local: "it keeps API Gateway's limits", Deploy: "API Gateway has its own limits",
	}
	limit := func(key, unit, standard, says string) KeyDoc {
		return KeyDoc{
			Path: "limits." + key, In: limits, Unit: unit, Default: standard, Flag: flagOf(key), Says: says,
		}
	}
	return []KeyDoc{
		{
			Path: "gateway_profile", In: limits, Default: "aws", Flag: "profile", Missed: keep,
			Says: "limits and extensions to begin with: `aws`, as API Gateway, or `server`, for " +
				"applications that stay on your own machines",
		},
		{
			Path: "limits", In: limits, Missed: keep,
			Says: "single limits of the profile; 0 is that of the profile, -1 (-1s) no limit",
		},
		limit("frame", "bytes", "32768", "payload of one frame from a client"),
		limit("message", "bytes", "131072", "one message, either way"),
		limit("fragments", "frames", "4096", "frames of one message"),
		limit("url", "characters", "4096", "path and query at connect"),
		limit("idle", "", "10m", "time without a message either way"),
		limit("life", "", "2h", "time since connect"),
		limit("integration", "", "29s", "time for a handler"),
		limit("handshake", "", "5s", "time for the opening request to arrive"),
		limit("queue", "bytes", "1048576", "what waits for one client"),
		limit("memory", "bytes", "a quarter of the memory",
			"what all clients together may make it hold"),
		limit("write", "", "10s", "time for a client to take 16 KB of its queue, or the rest"),
		limit("read", "", "30s", "time for the rest of a message that has begun"),
		limit("close", "", "5s", "time for a client to answer a close frame"),
		limit("connections", "connections", "100000", "connections at one time"),
		limit("connections_per_address", "connections", "1000",
			"connections of one address, of IPv6 one /64, loopback excepted"),
		limit("connect_rate", "clients", "500",
			"clients that connect in a second, loopback excepted; the others get 503 and a Retry-After"),
		limit("tls_handshakes", "handshakes", "2 for each core",
			"handshakes of TLS that compute at the same time; up to 1,000 more wait"),
		{
			Path: "extensions", In: limits, Missed: keep,
			Says: "what API Gateway does not have",
		},
		{
			Path: on + "binary", In: limits, Default: "false", Flag: "binary",
			Says: "accept and send binary messages",
		},
		{
			Path: on + "close_codes", In: limits, Default: "false", Flag: "close-codes",
			Says: "let DELETE @connections name a code and a reason",
		},
		{
			Path: "no_compression", In: limits, Default: "false", Flag: "no-compression",
			Missed: map[Use]string{
				Local: "it compresses for clients that ask for it", Deploy: "API Gateway never compresses",
			},
			Says: "decline `permessage-deflate`",
		},
		{
			Path: on + "ping", In: limits, Default: "none", Flag: "ping",
			Says: "ping clients that are silent for this time",
		},
		{
			Path: on + "concurrency", In: limits, Unit: "messages", Default: "1", Flag: "concurrency",
			Says: "messages of one client that are handled at the same time",
		},
	}
}

func operationKeys() []KeyDoc {
	return []KeyDoc{
		{Path: "admin", In: Gateway | Program, Says: "listener with health and metrics"},
		{
			Path: "admin.addr", In: Gateway | Program, Flag: "admin-addr",
			Default:  "127.0.0.1:9090; for programs none, and no listener",
			Defaults: map[Use]string{Gateway: "127.0.0.1:9090"}, Says: "its address",
		},
		{Path: "admin.off", In: Gateway, Default: "false", Says: "do without it"},
		{
			Path: "admin.inspect_token_env", In: Gateway, Default: "none, and no inspector",
			Says: "environment variable with the token of the inspector, at /inspect/ of the listener",
		},
		{
			Path: "admin.inspect_token_file", In: Gateway,
			Says: "file that has the token of the inspector",
		},
		{Path: "log", In: Gateway, Says: "the log, on standard error"},
		{Path: "log.format", In: Gateway, Default: "text", Says: "format of its lines"},
		{Path: "log.level", In: Gateway, Default: "info", Says: "least level of its lines"},
		{
			Path: "access_log", In: Gateway | Deploy, Default: "none",
			Says: "a line for each event, in API Gateway's format",
		},
		{
			Path: "access_log.file", In: Gateway, Default: "-",
			Says: "file of the lines; - is standard output",
		},
		{
			Path: "access_log.destination_arn", In: Deploy, Says: "log group of the lines; the account " +
				"needs a CloudWatch role for API Gateway",
			Missed: map[Use]string{Gateway: "access_log.file names a file"},
		},
		{
			Path: "access_log.format", In: Gateway | Deploy, Default: "elsewhere than on AWS all variables",
			Says: "format of a line, with `$context` variables",
		},
		{
			Path: "drain", In: servers | Program, Default: "30s", Flag: "drain",
			Says: "time for handlers to finish at the end",
		},
		{
			Path: "drain_delay", In: Gateway | Program, Default: "0s", Flag: "drain-delay",
			Says: "time for which clients are still accepted at the end, while /readyz answers 503",
		},
		{
			Path: "drain_window", In: Gateway | Program, Default: "by the number of connections",
			Flag: "drain-window",
			Says: "time over which the ends of connections are spread, half of `drain` at most; " +
				"-1s: all at once",
		},
	}
}
