// Package dynamo keeps the members of rooms in a table of DynamoDB, or of another engine with the
// same interface. The table has the string keys PK and SK, like the tutorial's; the tutorial's
// index is not used and need not exist.
//
//	store, err := dynamo.Open(dynamo.Config{Table: "Chat", Region: "eu-central-1", Credentials: c})
//
// # Items
//
// Every item carries the attribute "expires" for the table's time to live.
//
//	PK             SK               what
//	member#<id>    member#<id>      a member, with its name, its room, and a version
//	name#<fold>    name#<fold>      the claim of a name, by rooms.Fold
//	room#<room>    <time>-<random>  the row of a member in a room
//	rooms          <room>           a room that has, or had, a member
//
// A member's own item decides, and each change is one conditional write of it, from one version to
// the next. The other items are written before and after, one by one. A row that is about to become
// wrong is marked pending first, and settled or deleted afterwards; a reader uses a settled row as
// it is and looks up the member of a pending one. So a process may die after any request, and there
// are no transactions, which not every engine has. Leftovers have no effect; readers repair them
// after a minute, and the table's time to live deletes the rest.
//
// # Requests
//
// The cost of one call, without other changes of the same member at the same time, in read and
// write requests. A read of up to 4 KB is one unit, a write of up to 1 KB is one; all reads are
// consistent. The items have 200 to 400 bytes.
//
//	                                   reads  writes
//	Add, first                             0       1
//	Add again, of a nameless member        1       2
//	Add again, with a name, in a room      2       5
//	Get                                    1       0
//	Find                                   2       0
//	Rename, first name                     1       2
//	Rename, another name                   1       3
//	Rename, another name, in a room        1       5
//	Rename, other case, not in a room      1       1
//	Rename or Move that changes nothing    1       0
//	Move into a room                       2       3
//	Move into a new room                   2       4
//	Move from room to room                 3       5
//	Move out of a room                     2       3
//	Move out of a room, the last           3       5
//	Members, for each 1 MB                 1       0
//	Rooms, with n rooms                  1+n       0
//	Remove, in no room, nameless           1       1
//	Remove, with a name, from a room       2       4
//
// The index of the tutorial's table doubles the writes. A room with 1 MB has some 4,000 members.
//
// For the commands of the chat in examples/chat, typed by a member with a name and two others in
// the room:
//
//	                                   reads  writes
//	connect                                0       1
//	first message: the name                2       2
//	/join room                             5       3
//	text                                   2       0
//	/nick name                             3       5
//	/ls in a room                          2       0
//	/ls elsewhere, with one room           3       0
//	/quit                                  4       3
//	disconnect                             3       4
//
// # Failure
//
// A request that DynamoDB throttles is retried with exponential backoff until the context ends or
// it has been tried 12 times, which takes up to 12 seconds. A request that is not answered is tried
// 5 times. If it is unknown whether a change was made, the error wraps none of package rooms.
package dynamo
