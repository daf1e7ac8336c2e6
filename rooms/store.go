package rooms

import (
	"context"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Member is a connection and what the application knows about it. Members may be compared with
// ==: their times are UTC, without a monotonic clock reading.
type Member struct {
	ID   tyg.ConnID
	Name string // as given to Rename, not folded; empty until then
	Room string // empty while the member is in no room

	AddedAt  time.Time // when Add first saw the connection
	JoinedAt time.Time // when the member came into Room; zero while Room is empty
}

// A Store remembers members. All its methods may be called at the same time from many goroutines
// and, where the Store is shared, from many processes. The package comment says what a caller may
// rely on.
//
// A method that returns an error returns the zero value beside it.
type Store interface {
	// Add makes a member of a connection, without a name and in no room. For a connection that is a
	// member already it changes nothing. An empty id is [tyg.ErrInvalidID].
	Add(ctx context.Context, id tyg.ConnID) error

	// Get returns the member with this id, or [ErrNoMember].
	Get(ctx context.Context, id tyg.ConnID) (Member, error)

	// Find returns the member whose name has the same [Fold] as this one, or [ErrNoMember].
	Find(ctx context.Context, name string) (Member, error)

	// Rename gives a member a name that no other member has, compared by [Fold], and returns the
	// member as it was before. The old name is free when Rename returns. A member may take its own
	// name again, in the same letters or in another case. The errors are [ErrInvalidName],
	// [ErrNoMember] and [ErrNameTaken].
	Rename(ctx context.Context, id tyg.ConnID, name string) (was Member, err error)

	// Move takes a member from one room to another and returns the member as it was before. Empty
	// means no room: Move from "" enters, Move to "" leaves. Unless the member is in room from at
	// that moment, the error is [ErrMoved] and nothing has changed; so of several moves from the
	// same place, one wins. The room needs no making: it exists while a member is in it.
	//
	// A move from a room to itself succeeds if the member is there, and changes nothing: it keeps
	// its place in the order of members. The other errors are [ErrInvalidName], for to only, and
	// [ErrNoMember].
	Move(ctx context.Context, id tyg.ConnID, from, to string) (was Member, err error)

	// Members returns the members of a room, each once, in the order in which they joined it: by
	// JoinedAt, then by ID. It is empty for a room that does not exist, such as "". The slice may
	// be shared with other callers: do not change it. The Store does not change it either.
	Members(ctx context.Context, room string) ([]Member, error)

	// Rooms returns the rooms with at least one member, sorted as [slices.Sort] does. The slice is
	// the caller's.
	Rooms(ctx context.Context) ([]string, error)

	// Remove forgets a member, frees its name, and returns what was removed. Of several callers
	// exactly one gets the member, and the others get [ErrNoMember], so the one that gets it can do
	// what must be done once for a connection that has ended. Afterwards only Add makes the id a
	// member again; a Rename or Move that was under way does not.
	Remove(ctx context.Context, id tyg.ConnID) (Member, error)
}

// IDs returns the ids of members, in their order, for [tyg.Sender]. The slice is the caller's.
func IDs(members []Member) []tyg.ConnID {
	ids := make([]tyg.ConnID, len(members))
	for i := range members {
		ids[i] = members[i].ID
	}
	return ids
}

// Others is [IDs] without id, which need not be among the members.
func Others(members []Member, id tyg.ConnID) []tyg.ConnID {
	ids := make([]tyg.ConnID, 0, len(members))
	for i := range members {
		if members[i].ID != id {
			ids = append(ids, members[i].ID)
		}
	}
	return ids
}
