package rooms

import "errors"

// The errors for calls that a Store refuses. Test for them with [errors.Is]: a Store may wrap them.
// Any other error is a failure of the Store itself, or the context's.
var (
	// ErrNoMember means that the connection is not a member: never added, removed, or expired.
	ErrNoMember = errors.New("no such member")

	// ErrNameTaken means that another member has the name.
	ErrNameTaken = errors.New("name is taken")

	// ErrMoved means that the member is not in the room that it was to be moved from. Get it again
	// to see where it is.
	ErrMoved = errors.New("member is not in that room")

	// ErrInvalidName means that the text cannot be the name of a member or a room, in any Store.
	// See [CheckName].
	ErrInvalidName = errors.New("not a valid name")
)
