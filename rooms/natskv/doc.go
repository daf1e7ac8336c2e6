// Package natskv keeps the members of rooms, and the shared values of applications, in key-value
// buckets of NATS JetStream, for many processes at once.
//
//	store, err := natskv.Open(ctx, natskv.Config{URL: "nats://user:password@127.0.0.1:4222"})
//	...
//	defer store.Close()
//
// It needs nats-server 2.11 or newer. [Open] is for members, as described below, and [OpenValues]
// for values (tyg.Value).
//
// # Reading
//
// A Store keeps an index of the whole bucket in memory, some 500 bytes for a member, and a watch
// keeps the index up to date. Members, Rooms and Find read only the index; while NATS is away they
// keep answering from it. A change returns when the index has it, and with it all earlier changes,
// by any process. Get asks the server for its latest revision and waits until the index has it.
//
// So a process sees its own changes at once, and after a Get or a change it sees what all processes
// had done by then. Only Members, Rooms and Find without such a call before may be behind another
// process, by a millisecond or so: that is less than package rooms promises. [Config.Fresh] keeps
// the whole promise, for one more round trip.
//
// # Writing
//
// A member is one value, which is changed by compare-and-set. A name is claimed by a key of its own
// before the member's value gets it; the claim of the old name is deleted afterwards. The member's
// value alone decides whether a claim holds, so a process may die after any write: a leftover claim
// has no effect. The next claim of the name waits up to 50 ms for the member to get it or not, then
// takes it away and replaces it; or a sweep of any Store deletes it.
//
// The order in which members join a room is the order in the log of NATS, and JoinedAt is NATS's
// time.
//
// # Expiry
//
// A member expires [Config.TTL] after its Add or its last change. There is no heartbeat: members
// are connections of a gateway, which may outlive the process with the Store. If that process dies,
// its successor gets their disconnect events. Only connections whose end no gateway reports,
// because its machine died, have to expire. The bucket itself has no age limit, which would delete
// the claim of a name before the member that has it.
//
// # Failure
//
// A call that NATS does not answer is repeated every two seconds, a write with an id by which NATS
// makes it once. It fails after 15 seconds, which is longer than the 5 to 12 seconds that the
// election of a leader takes, or when its context ends or the connection to NATS is lost. It is
// then unknown whether a change was made, see package rooms. To create a bucket, as many servers
// must run as it has replicas; afterwards most of them are enough. NATS syncs to disk every two
// minutes by default: when all replicas lose power at once, acknowledged changes may be lost.
//
// # Values
//
// [Values] have a bucket of their own with one key for each value, and keep nothing in memory: each
// load asks the leader, and each change is one compare-and-set of a revision of the bucket. A
// deleted value leaves a marker for an hour. While there is no connection to NATS, calls fail at
// once; a call that NATS does not answer fails after 15 seconds. A gateway serves Values as
// gateway.Server.Values; package host opens them when the environment names a server.
package natskv
