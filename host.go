package tyg

import (
	"context"
	"encoding/json"
	"iter"
)

// A Host is what an application uses of the host that runs it. [Bind] hands it over. Its methods
// may be called at the same time from many goroutines.
//
// The methods of Groups and Values trust their callers with names and sizes, which [Group], [Value]
// and [State] have checked. A host that cannot do what a method asks for returns an error that is
// [errors.ErrUnsupported] and says what is missing.
type Host interface {
	Sender
	Groups
	Values
}

// Groups holds the members of a host's groups. The empty name is the group of all open connections,
// whose members are not added.
type Groups interface {
	// AddToGroup makes a connection a member and returns it as it is now. For a member that there is
	// already it reports false and sets the info, unless info is nil. It keeps info, which must not be
	// changed after.
	AddToGroup(
		ctx context.Context, group string, id ConnID, info json.RawMessage,
	) (m Member, added bool, err error)

	// RemoveFromGroup ends a membership and returns it. It reports false where there is none.
	RemoveFromGroup(ctx context.Context, group string, id ConnID) (m Member, removed bool, err error)

	// SendToGroup sends a message to all members but those of o.Except.
	SendToGroup(ctx context.Context, group string, data []byte, o GroupOptions) (Delivery, error)

	// GroupMembers walks the members. After an error it yields nothing more.
	GroupMembers(ctx context.Context, group string) iter.Seq2[Member, error]

	// CountGroup returns the number of members.
	CountGroup(ctx context.Context, group string) (int, error)
}

// Values keeps the values of an application and of its connections.
type Values interface {
	// LoadValue returns a value and its revision, or nil and zero where there is none. The slice is
	// the caller's. For a connection that is over, the error is [ErrGone].
	LoadValue(ctx context.Context, k ValueKey) ([]byte, Revision, error)

	// StoreValue sets a value if its revision is still rev, which is zero for a value that does not
	// exist and [AnyRevision] for whatever is there, and returns the new revision. Otherwise the
	// error is [ErrConflict]. Nil data removes the value. It has copied data when it returns.
	StoreValue(ctx context.Context, k ValueKey, data []byte, rev Revision) (Revision, error)
}

// A ValueKey names a value: of the application by Name, or of a connection by Conn.
type ValueKey struct {
	Name string
	Conn ConnID
}

// A Revision changes whenever a value is set. Zero means that there is none. It is below 2^53, so
// that a number of JavaScript holds it.
type Revision uint64

// AnyRevision is the revision of a value that is set whatever it was before.
const AnyRevision Revision = 1<<64 - 1

// bound returns the host that runs the application.
func (a *App) bound() (Host, error) {
	if p := a.host.Load(); p != nil {
		return *p, nil
	}
	return nil, ErrUnbound
}
