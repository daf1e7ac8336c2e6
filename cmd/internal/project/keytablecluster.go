package project

// clusterKeys are the keys of gateways that are one, and of what outlives one of them.
func clusterKeys() []KeyDoc {
	const c = "cluster."
	alone := map[Use]string{Local: "it is one gateway", Deploy: "functions on AWS are no gateways"}
	const embedded = "; for `nats` embedded"
	return []KeyDoc{
		{
			Path: "nats", In: servers, Flag: "nats",
			Default: "none; in tyg local one for programs that import its client",
			Defaults: map[Use]string{
				Local: "embedded for programs that import its client", Gateway: "none",
			},
			Says: "NATS server in the environment of functions, as TYG_NATS_URL: its URL, or `embedded` " +
				"for one that ends with the command; gateways with the same URL are one, " +
				"and so are those that embed the servers of `cluster.nodes`",
			Missed: map[Use]string{Deploy: "functions on AWS get no NATS server"},
		},
		{
			Path: "cluster", In: Gateway, Missed: alone,
			Says: "settings of gateways that are one over NATS",
		},
		{
			Path: c + "name", In: Gateway, Flag: "cluster-name", Variable: "TYG_CLUSTER",
			Default: "that of api_id", Says: "name of the cluster, the same at all nodes",
		},
		{
			Path: c + "node", In: Gateway, Flag: "node",
			Default: "that of the machine, with addr; of nodes, the one with the name of the machine",
			Says:    "name of this node; no two that run have the same",
		},
		{
			Path: c + "shards", In: Gateway, Unit: "subjects", Flag: "cluster-shards",
			Default: "one for each group",
			Says:    "subjects that all groups share, the same at all nodes",
		},
		{
			Path: c + "replicas", In: Gateway, Unit: "servers", Flag: "nats-replicas",
			Default: "1; for embedded as many as nodes", Says: "servers of NATS that keep each entry",
		},
		{
			Path: c + "credentials_file", In: Gateway, Flag: "nats-credentials",
			Says: "NATS credentials file",
		},
		{
			Path: c + "insecure", In: Gateway, Default: "false", Flag: "nats-insecure",
			Says: "permit a NATS server on another machine without TLS or a credential",
		},
		{
			Path: c + "id_key_env", In: Gateway, Default: "TYG_CLUSTER_KEY",
			Says: "environment variable with the secret that hides in connection ids which node has " +
				"them, the same at all nodes",
		},
		{Path: c + "id_key_file", In: Gateway, Says: "file that has it"},
		{
			Path: c + "nodes", In: Gateway, Flag: "cluster", Variable: "TYG_CLUSTER_NODES",
			Says: "addresses of 1, 3 or 5 fixed nodes for each other, such as node1:6222, the same at " +
				"all nodes; each embeds a NATS server" + embedded,
		},
		{
			Path: c + "listen", In: Gateway, Flag: "cluster-listen", Default: "the address of the node",
			Says: "address at which it listens for the other nodes" + embedded,
		},
		{
			Path: c + "dir", In: Gateway, Flag: "cluster-dir", Default: ".tyg/nats/ and the node",
			Says: "folder in which the server keeps its data, which must survive restarts; under systemd " +
				"with StateDirectory it is in that" + embedded,
		},
		{
			Path: c + "cert_file", In: Gateway, Flag: "cluster-cert",
			Says: "certificate for the other nodes, a PEM file; needed for nodes on other machines",
		},
		{Path: c + "key_file", In: Gateway, Flag: "cluster-cert-key", Says: "its key, a PEM file"},
		{
			Path: c + "ca_file", In: Gateway, Flag: "cluster-ca",
			Says: "authority that has signed the certificates of all nodes, a PEM file",
		},
		{
			Path: c + "password_env", In: Gateway, Default: "TYG_NATS_CLUSTER_PASSWORD",
			Says: "environment variable with the password of the nodes for each other; needed for " +
				"nodes on other machines",
		},
		{Path: c + "password_file", In: Gateway, Says: "file that has it"},
		{
			Path: "disconnects", In: Gateway | Program, Default: "best-effort", Flag: "disconnects",
			Missed: map[Use]string{
				Local:  "its end is that of the clients",
				Deploy: "API Gateway may lose a disconnect",
			},
			Says: "what becomes of the disconnects of a gateway that is killed: with `at-least-once` " +
				"they are told later, by other nodes, or without a cluster at its next start",
		},
		{
			Path: "disconnects_file", In: Gateway | Program, Flag: "disconnects-file",
			Default: ".tyg/disconnects.log", Says: "file that keeps them without a cluster; under systemd " +
				"with StateDirectory it is in that",
		},
	}
}
