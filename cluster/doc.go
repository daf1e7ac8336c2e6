// Package cluster joins gateways over NATS, so that N of them are one: a handler on any node sends
// to, closes and asks about every connection, and groups have their members on all nodes.
//
//	srv := &gateway.Server{Handler: app}
//	node, err := cluster.Join(ctx, srv, cluster.Config{URL: "nats://127.0.0.1:4222"})
//	if err != nil {
//		return err
//	}
//	err = srv.Serve(listener)
//	err = errors.Join(err, srv.Shutdown(ctx), node.Leave(ctx))
//
// # Which node has a connection
//
// A connection id contains the incarnation of its node: 24 bits that are chosen when the node joins
// and reserved in a registry, a bucket of JetStream. A node routes every id without a lookup, and a
// connection of its own without NATS. A node that restarts has another incarnation, so its old ids
// are gone.
//
// # What an error proves
//
//	ErrGone            the owner says that the connection is over, or the node is known to be dead
//	ErrUnavailable     the node cannot be reached; nothing was delivered
//	ErrOutcomeUnknown  the node did not answer in time; perhaps it was delivered
//
// "No responders" of NATS proves that nothing was delivered, and not that a node is dead: a
// partition looks the same. So a command that meets no responder is tried again for [Config].Retry,
// then relayed by another node, and only a write to the registry, which needs a majority of its
// servers, declares a node dead.
//
// A command carries its deadline, and its receiver drops it after that. It carries a number, so
// that it is executed once and never after a later command of the same node.
//
// # Groups
//
// A member is held by the node that has its connection. A message to a group is one message on NATS
// for each node that has a member, or had one a few seconds ago; the node makes the frame once for
// all its members. [tyg.Report] asks every node and waits for the answers; without it, Send does
// not wait, and members of a node that cannot be reached miss the message. Count and Members ask
// all nodes that can be reached.
//
// [tyg.App.OnLeave] of a connection that ends runs on its node. OnJoin runs where Add was called.
//
// # Disconnects of a node that was killed
//
// With [AtLeastOnce], each connection has a record in a stream of JetStream from before its connect
// handler runs until its disconnect handler has returned. When its node is declared dead, the other
// nodes share the records and call the disconnect handlers, and those of OnLeave before them. Every
// disconnect of one connection has the same RequestID, so that a handler can drop the second one.
// A node that cannot write to the registry for [Config].Fence closes its clients with 1012, before
// the others may declare it dead; so no disconnect is reported of a client that is still served.
package cluster
