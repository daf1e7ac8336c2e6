// Package host picks where an application runs, and runs it.
//
// [Run] is all that a main function needs:
//
//	if err := host.Run(app); err != nil {
//		log.Fatal(err)
//	}
//
// Inside AWS Lambda it handles the events of API Gateway, see package lambda. A program that is
// built for nothing else takes the tag tyg.lambda, which leaves out the gateway, [Serve] and its
// [Config]. The variable TYG_GROUPS_TABLE, which "tyg deploy" sets, names the DynamoDB table of
// groups, values and states, and TYG_EVERYONE=1 has each connection registered for App.Everyone.
//
// Anywhere else it serves the application in this process, at ws://127.0.0.1:8000/api/, until the
// process is told to stop. Flags, or environment variables of the same names, say otherwise:
//
//	-addr   TYG_ADDR    address to listen on           127.0.0.1:8000
//	-stage  TYG_STAGE   first part of the URL's path   api
//	-app-name  TYG_APP_NAME   name of the application in the banner and the inspector
//	-origin TYG_ORIGIN  origins of web pages that may connect, beside this server's own
//	-cert   TYG_CERT    TLS certificate, PEM file
//	-key    TYG_KEY     TLS key, PEM file
//	-drain  TYG_DRAIN   how long handlers may take to finish at the end    30s
//	-drain-delay   TYG_DRAIN_DELAY    how long clients are still accepted at the end    0s
//	-drain-window  TYG_DRAIN_WINDOW   how long the ends of connections are spread over
//	-quiet  TYG_QUIET   do not print the URL
//	-admin-addr    TYG_ADMIN_ADDR     address of health (/livez, /readyz) and metrics (/metrics)
//
//	-access-log  TYG_ACCESS_LOG   print a line for each event
//	-time-scale  TYG_TIME_SCALE   how many times faster API Gateway's time limits pass
//	-binary, -close-codes, -ping, -concurrency   see gateway.Extensions
//
//	TYG_ACCESS_KEY_ID, TYG_SECRET_ACCESS_KEY   the key that signs calls of @connections;
//	                                           without it only this machine may call
//
// With a NATS server in the environment, all processes of the program are one gateway, see package
// cluster: each reaches every connection and every group, and they share their values, which are in
// the memory of the process otherwise.
//
//	TYG_NATS_URL          the server, such as tls://user:password@nats.example.com:4222
//	TYG_NATS_CREDENTIALS  a NATS credentials file
//	TYG_NATS_BUCKET       bucket of package rooms/storage, the name of the program's package by
//	                      default; the values are in the bucket with "-values" after that name
//	TYG_NATS_INSECURE=1   permit a server on another machine without TLS or credential
//	TYG_NATS_REPLICAS     servers of JetStream that keep what the cluster knows, 1 by default
//	TYG_CLUSTER           name of the cluster, that of the bucket by default
//	TYG_CLUSTER_KEY       hides in connection ids which process has them; the same for all
//	TYG_CLUSTER_SHARDS    see cluster.Config
//
// This takes the build tag tyg.nats, which compiles the client of NATS; a program that was built
// without it ends with an error that says so:
//
//	go build -tags tyg.nats .
//
// The program joins the cluster before it serves, and ends with an error if NATS does not answer.
// For values it has a connection of its own, from their first use. "tyg local" adds the tag
// tyg.local, which leaves the client out: there, groups and values are in the gateway.
//
// docs/configuration.md has every flag with its range, beside the configuration of the tyg command.
//
// With -disconnects at-least-once (TYG_DISCONNECTS), the disconnect handlers of a process that is
// killed are run later: by the other processes of its cluster, or without one by the next process,
// before clients can connect, from a file (-disconnects-file, TYG_DISCONNECTS_FILE).
//
// A flag wins over the environment. A program that parses flags of its own before it calls Run
// keeps its command line to itself: then only the environment counts. [Serve] takes a [Config] and
// reads neither.
package host
