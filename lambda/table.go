package lambda

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tyg-dev/tyg"
)

// A GroupTable is where the processes of a function keep together what they know of connections:
// the members of groups and the states; and the values of the application. "tyg deploy" makes one
// in DynamoDB, and package host opens it.
//
// Its methods may be called from many goroutines and processes at once. A call sees the effect of
// every call that has returned. A process may end at any point of a call; the call can then be made
// again. What a connection leaves behind whose end was never told is deleted after some hours.
//
// Names, ids and sizes have been checked. The group of all connections has the empty name.
type GroupTable interface {
	// Register makes a connection that was accepted a member of the group of all.
	Register(ctx context.Context, id tyg.ConnID, at time.Time) error

	// Conn returns what the table knows of a connection.
	Conn(ctx context.Context, id tyg.ConnID) (TableConn, error)

	// Add makes a connection a member of a group and returns the member. For a member that there is
	// already it reports false and sets the info, unless info is nil. The caller has found that the
	// connection is alive; if [GroupTable.Leave] was called meanwhile, the error is tyg.ErrGone and
	// the connection is no member.
	Add(
		ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
	) (m tyg.Member, added bool, err error)

	// Remove ends a membership and returns it. Of all callers that remove a member, one gets true.
	Remove(ctx context.Context, group string, id tyg.ConnID) (m tyg.Member, removed bool, err error)

	// Parts returns in how many parts the members of each group are. Each member is in one of them.
	Parts() int

	// Members returns a page of the members of one part, sorted by their ids, and what to pass as
	// after for the next page: at first, and after the last page, the empty string.
	Members(
		ctx context.Context, group string, part int, after string,
	) (page []tyg.Member, next string, err error)

	// Count returns the number of members.
	Count(ctx context.Context, group string) (int, error)

	// Leave records that a connection is over, so that it can be added to no group any more, and
	// returns the groups that it may be a member of. Its state stays until Forget.
	Leave(ctx context.Context, id tyg.ConnID) (c TableConn, groups []string, err error)

	// Forget removes the state of a connection for which Leave was called.
	Forget(ctx context.Context, id tyg.ConnID) error

	// StoreState sets the state of a connection, as tyg.Values does. If Leave was called and over is
	// false, the error is tyg.ErrGone.
	StoreState(
		ctx context.Context, id tyg.ConnID, data []byte, rev tyg.Revision, over bool,
	) (tyg.Revision, error)

	// LoadValue and StoreValue are those of tyg.Values, for values of the application.
	LoadValue(ctx context.Context, name string) ([]byte, tyg.Revision, error)
	StoreValue(
		ctx context.Context, name string, data []byte, rev tyg.Revision,
	) (tyg.Revision, error)
}

// A TableConn is what a [GroupTable] knows of a connection.
type TableConn struct {
	Known    bool      // anything was recorded: it is alive, or was
	Over     bool      // Leave was called
	Since    time.Time // when that was recorded, or something later; zero if Over
	State    []byte
	Revision tyg.Revision // of State; zero if there is none
}
