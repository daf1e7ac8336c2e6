package reference

// variables are the environment variables that are no flags.
func variables() []Variable {
	const storage, onAWS, inside = "programs, functions", "tyg on AWS", "functions"
	const nodes = "programs, gateway"
	return []Variable{
		{"TYG_STAGE", "local, gateway, programs", "first part of the path of the URL"},
		{"TYG_ACCESS_KEY_ID", "programs", "access key that may call @connections; without one only " +
			"this machine may"},
		{"TYG_SECRET_ACCESS_KEY", "programs", "its secret"},
		{"TYG_NATS_URL", storage, "NATS server of values and stores, at which programs also become " +
			"nodes of a cluster; several are separated by commas"},
		{"TYG_NATS_REPLICAS", nodes, "servers of NATS that keep each entry; 1 by default, and as many " +
			"as there are nodes where gateways embed them"},
		{"TYG_CLUSTER", nodes, "name of the cluster; by default that of the program, or the api_id"},
		{"TYG_CLUSTER_KEY", nodes, "secret that hides in connection ids which node has made them; the " +
			"same for all nodes"},
		{"TYG_CLUSTER_SHARDS", nodes, "subjects for the messages to all groups, in place of one for " +
			"each group; the same for all nodes"},
		{"TYG_NODE", nodes, "name of the node, which it keeps when it restarts"},
		{"TYG_CLUSTER_GATEWAY", "tyg-cluster", "configuration; `tyg gateway` sets it"},
		{"TYG_NATS_CREDENTIALS", storage, "NATS credentials file"},
		{
			"TYG_NATS_CLUSTER_PASSWORD", "gateway, `tyg-nats`",
			"credential of the nodes of a cluster of embedded NATS servers for each other",
		},
		{"TYG_NATS_BUCKET", storage, "bucket of `rooms/storage`; values are in the one with `-values` " +
			"after that name"},
		{"TYG_NATS_INSECURE", storage, "1 permits a NATS server on another machine without TLS or a " +
			"credential"},
		{"TABLE", storage, "DynamoDB table of `rooms/storage`"},
		{"AWS_ENDPOINT_URL_DYNAMODB", storage, "another engine in place of DynamoDB"},
		{"TYG_SOURCE", "new-project", "checkout of tyg that a new project uses"},
		{"AWS_PROFILE", onAWS, "profile of ~/.aws/config"},
		{"AWS_REGION", onAWS + ", gateway, local", "AWS region"},
		{"AWS_ENDPOINT_URL", onAWS, "URL of all AWS services"},
		{"AWS_ACCESS_KEY_ID", onAWS + ", gateway, conformance", "access key; `AWS_SECRET_ACCESS_KEY` " +
			"and `AWS_SESSION_TOKEN` belong to it"},
		{"HTTPS_PROXY", "connect, functions", "proxy; `HTTP_PROXY` and `NO_PROXY`, too"},
		{"NO_COLOR", "all", "print no colours"},
		{"TYG_ENDPOINT", inside, "@connections API on AWS, set by `tyg deploy`"},
		{"TYG_GROUPS_TABLE", inside, "table of groups, set by `tyg deploy`"},
		{"TYG_GROUPS_ENDPOINT", inside, "API for groups and values, set by `tyg local` and " +
			"`tyg gateway`"},
		{"TYG_EVERYONE", inside, "1 registers each connection, set by `tyg deploy`"},
		{"TYG_INVOKE_ENDPOINT", inside, "API by which functions invoke themselves, set by `tyg local` " +
			"and `tyg gateway`"},
		{"TYG_DIRECT_ENDPOINT", inside, "short way to the gateway with a token, set by `tyg local` and " +
			"`tyg gateway`"},
		{"TYG_TRIGGER", inside, "trigger whose events the function gets, set by `tyg deploy` and " +
			"`tyg local`"},
		{"TYG_SECRETS", inside, "where AWS keeps the variables that are read at start, set by " +
			"`tyg deploy`"},
		{"TYG_FUNCTION_KEY", inside, "key for calls of the gateway, set by `tyg local`"},
		{"TYG_DESCRIBE", "programs", "print the routes and exit; `tyg` sets it to learn them"},
		{"TYG_COMPANION_VERSION", "tyg-aws, tyg-nats", "version of the `tyg` that starts them"},
	}
}
