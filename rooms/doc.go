// Package rooms records which connections exist, their names, and the rooms that they are in.
//
// A [Store] holds one [Member] for each connection. A member has at most one name, which no other
// member has, and is in at most one room. An application that sorts its connections in several ways
// at once uses several Stores.
//
//	store.Add(ctx, id)                     // at connect
//	store.Rename(ctx, id, "John")          // ErrNameTaken if another member is called john
//	store.Move(ctx, id, "", "tea")         // from no room into one
//	members, err := store.Members(ctx, "tea")
//	sender.SendMany(ctx, rooms.IDs(members), []byte("John joined room."))
//	gone, err := store.Remove(ctx, id)     // at disconnect: the member as it was
//
// [Memory] keeps members in the process. Package roomstest tests any Store against the contract.
//
// # Consistency
//
// A call sees the effect of every call that returned before it began, in this process or another:
// Members after Move has the member, Get after Rename the name, and the name that Remove freed can
// be taken.
//
// Each change is one compare-and-set on one member, and happens entirely or not at all. Changes of
// several members have no order, and there is no lock. Members and Rooms therefore read many
// members one by one: a change that happens meanwhile is in the answer or is not, and two calls may
// see a member that moves from one room to another in both, or in neither. What they return was
// true at some moment during the call: a Member that Members returns was in that room, and one that
// Find returns had that name.
//
// # Races
//
// Some hosts handle messages and the disconnect of one connection at the same time. Let the Store
// decide: pass to Move the room that the member was seen in, and on [ErrMoved] call Get again. Do
// what must happen once, such as telling a room that a member left, where the call succeeded: of
// several Moves from one room exactly one succeeds, and of several Removes.
//
// Add is the only call that can make a removed connection a member again. If a message handler
// calls it for connections that it does not know, the disconnect may have been handled already;
// such a member stays until a send to it returns [tyg.ErrGone] and the application removes it, or
// until it expires.
//
// # Failure
//
// If a process dies inside a call, the member is afterwards as before the call or as after it. A
// Rename cut short may leave the new name claimed for the member: Find does not find it, others get
// [ErrNameTaken], and the claim ends when the member is removed or expires, or completes the
// Rename.
//
// A call with a context that is done fails with the context's error and changes nothing. If the
// context ends during a call, or the Store cannot be reached, it is unknown whether the change was
// made. Add may simply be called again. After the other changes, call Get to see.
//
// # Expiry
//
// A disconnect event may be lost with the machine that was to send it, so a Store that outlives its
// processes must expire members some time after their last Add. An expired member counts as
// removed, though no Remove returns it. The time must be longer than any connection lives: three
// hours are right behind API Gateway, which ends connections after two
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
// A Memory expires nothing: the host in the same process reports every disconnect.
package rooms
