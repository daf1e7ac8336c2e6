// Package natskv keeps the members of rooms in a key-value bucket of NATS JetStream, for many
// processes at once.
//
//	store, err := natskv.Open(ctx, natskv.Config{URL: "nats://user:password@127.0.0.1:4222"})
//	...
//	defer store.Close()
//
// It needs nats-server 2.11 or newer.
//
// # Reading
//
// A Store keeps an index of the whole bucket in memory, some 500 bytes for a member, and a watch
// keeps the index up to date. Members, Rooms and Find read it and ask nobody; they go on to answer
// while NATS is away, with what was known before. A change returns when the index has it, and with
// it everything that was changed before, by any process. Get asks the server how far it is and
// waits for the index to be there.
//
// So a process sees its own changes at once, and whoever has called Get, or has changed something,
// sees afterwards what all processes had done by then. Only Members, Rooms and Find without such a
// call before may be behind another process, by a millisecond or so: that is less than package
// rooms promises. [Config.Fresh] gives all of it, for one round trip more.
//
// # Writing
//
// A member is one value, which is changed by compare-and-set. A name is claimed by a key of its own
// before the member's value gets it, and let go afterwards. Whether a claim holds is decided by the
// member's value alone, so it does not matter after which write a process dies: a claim that was
// left behind counts for nothing once its member is gone or has changed since, whoever wants the
// name takes it, and every Store sweeps away what nobody wants.
//
// The order in which members join a room is the order in which NATS wrote it down, and JoinedAt is
// NATS's time.
//
// # Expiry
//
// A member expires [Config.TTL] after its Add or its last change. There is no heartbeat: members
// are connections, and those belong to a gateway that outlives the process with the Store. That
// this process has died says nothing about them; the next one will be told of their end. Only what
// no gateway reports, because the gateway's machine died, has to expire. The bucket itself has no
// age limit, as that would forget the claim of a name before the member that has it.
//
// # Failure
//
// A change that NATS does not answer, for the 5 to 12 seconds of a new leader's election say, fails
// after 15 seconds at the latest, or when its context ends. Whether it was made is then unknown,
// see package rooms. NATS writes to disk every two minutes by default: when all replicas lose power
// at once, acknowledged changes may be lost.
package natskv
