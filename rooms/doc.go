// Package rooms remembers who is connected, under what name, and in which room.
//
// A [Store] holds one [Member] for each connection. A member has at most one name, which no other
// member has, and is in at most one room. An application that sorts its connections in several ways
// at once uses several Stores.
//
//	store.Add(ctx, id)                     // at connect
//	store.Rename(ctx, id, "John")          // ErrNameTaken if somebody is called john
//	store.Move(ctx, id, "", "tea")         // from no room into one
//	members, err := store.Members(ctx, "tea")
//	sender.SendMany(ctx, rooms.IDs(members), []byte("John joined room."))
//	gone, err := store.Remove(ctx, id)     // at disconnect: who it was, and where
//
// [Memory] keeps members in the process. Package roomstest tests any Store against the contract.
//
// # Consistency
//
// A call sees what every call did that had returned before it began, in this process or another:
// Members after Move has the member, Get after Rename the name, and the name that Remove freed can
// be taken.
//
// Each change is one compare-and-set on one member, and happens entirely or not at all. Between the
// changes of several members there is no order, and no lock. Members and Rooms therefore look at
// many members one by one: a change that happens meanwhile is in the answer or is not, and somebody
// on the way from one room to another may be seen in both by two calls, or in neither. What they do
// say was so at some moment during the call: a Member that Members returns was in that room, and
// one that Find returns had that name.
//
// # Races
//
// Messages and the disconnect of one connection may be handled at the same time, on some hosts. Let
// the Store decide: pass to Move the room that the member was seen in, and on [ErrMoved] look
// again. Do what must happen once, such as telling a room that somebody left, where the call
// succeeded: of several Moves from one place one does, and of several Removes.
//
// Add is the only call that can bring a removed connection back. Where a message handler calls it
// for connections that it does not know, the disconnect may have been handled already; such a
// member stays until somebody finds the connection gone ([tyg.ErrGone]) and removes it, or until it
// expires.
//
// # Failure
//
// Wherever a process dies inside a call, the member is afterwards as before the call or as after
// it. A Rename cut short may leave the new name claimed for the member that was to have it: Find
// does not find it, others get [ErrNameTaken], and the claim ends when the member is removed or
// expires, or completes the Rename.
//
// A context that is done before a call makes the call fail with its error and change nothing. When
// it ends during a call, or the Store cannot be reached, it is unknown whether the change was made.
// Add may simply be called again. For the other changes, Get tells.
//
// # Expiry
//
// A disconnect event may be lost with the machine that was to send it, so a Store that outlives its
// processes must expire members some time after their Add; Add for a member starts that time anew.
// An expired member is as good as removed, though no Remove returns it. Let the time be longer than
// any connection lives: three hours are right behind API Gateway, which ends connections after two
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
// A Memory forgets nothing by itself: the host that shares its process reports every disconnect.
package rooms
