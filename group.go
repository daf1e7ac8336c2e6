package tyg

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"
	"unicode/utf8"
)

// Limits of what a Group keeps, in bytes, on every host.
const (
	MaxGroupName  = 256  // of a name
	MaxMemberInfo = 1024 // of a member's info, as JSON
)

// A Group is connections that are sent to together, known by a name. It exists while it has a
// member and needs no making. A connection is in any number of groups, and when it ends it leaves
// all of them by itself.
//
// [App.Group] and [App.Everyone] return Groups. A Group holds no state, so it need not be kept. All
// methods may be called at the same time from many goroutines, inside a handler and outside; until
// a host runs the application they return [ErrUnbound].
//
// The host holds the members: beside the sockets where it has them, in a DynamoDB table on AWS. A
// call sees the effect of every call that returned before it began.
type Group struct {
	app  *App
	name string
	all  bool
}

// Group returns the group of that name: from 1 to [MaxGroupName] bytes of valid UTF-8, or its
// methods return [ErrInvalidGroup].
func (a *App) Group(name string) *Group { return &Group{app: a, name: name} }

// Everyone returns the group of all connections that are open. Every connection is in it without
// being added, so its Add and Remove return [ErrInvalidGroup], and its members have no info.
//
// "tyg deploy" looks for the name of this method in the program, which a compiler that inlines it
// may leave out.
//
//go:noinline
func (a *App) Everyone() *Group { return &Group{app: a, all: true} }

// Name returns the name of g, which is empty for [App.Everyone].
func (g *Group) Name() string { return g.name }

// Add makes a connection a member. For a member it changes nothing. It may be called from connect
// for the connection that connects: the member gets nothing before it is open, and is a member no
// more if its handshake is refused. The error is a [*ConnError] of [ErrGone] for a connection that
// is over.
func (g *Group) Add(ctx context.Context, id ConnID) error { return g.add(ctx, id, nil) }

// AddAs is Add with something to tell of the member: info is encoded as [json.Marshal] does, to at
// most [MaxMemberInfo] bytes. A member that is added again has the new info; it has not joined
// again.
func (g *Group) AddAs(ctx context.Context, id ConnID, info any) error {
	data, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("encode info of a member: %w", err)
	}
	if len(data) > MaxMemberInfo {
		return fmt.Errorf("info of a member has %d bytes, and may have %d: %w",
			len(data), MaxMemberInfo, ErrTooLarge)
	}
	return g.add(ctx, id, data)
}

func (g *Group) add(ctx context.Context, id ConnID, info json.RawMessage) error {
	host, err := g.host()
	if err != nil {
		return err
	}
	if g.all {
		return fmt.Errorf("%w: every connection is in this group", ErrInvalidGroup)
	}
	m, added, err := host.AddToGroup(ctx, g.name, id, info)
	if err != nil || !added || g.app.join == nil {
		return err
	}
	return g.app.tellPresence(ctx, EventJoin, host, Membership{Group: g.name, Member: m})
}

// Remove ends a membership. For a connection that is no member it does nothing.
func (g *Group) Remove(ctx context.Context, id ConnID) error {
	host, err := g.host()
	if err != nil {
		return err
	}
	if g.all {
		return fmt.Errorf("%w: a connection leaves this group when it ends", ErrInvalidGroup)
	}
	m, removed, err := host.RemoveFromGroup(ctx, g.name, id)
	if err != nil || !removed || g.app.leave == nil {
		return err
	}
	return g.app.tellPresence(ctx, EventLeave, host, Membership{Group: g.name, Member: m})
}

// Send sends one message to all members, as [Sender.SendMany] does: text, or with the option
// [Binary] any bytes. With the option [Except] it leaves some out.
//
// A member that is gone or too slow is not an error; [Report] tells of it. An error means that the
// message was not sent, or that the host does not know to whom it was. Two sends to a group from
// one goroutine arrive in that order on hosts that hold the sockets.
func (g *Group) Send(ctx context.Context, data []byte, opts ...GroupOption) error {
	host, err := g.host()
	if err != nil {
		return err
	}
	o := NewGroupOptions(opts...)
	d, err := host.SendToGroup(ctx, g.name, data, o)
	if o.Report != nil {
		*o.Report = d
	}
	return err
}

// SendString is [Group.Send] for a string.
func (g *Group) SendString(ctx context.Context, text string, opts ...GroupOption) error {
	return g.Send(ctx, []byte(text), opts...)
}

// SendJSON sends v, encoded as [json.Marshal] does.
func (g *Group) SendJSON(ctx context.Context, v any, opts ...GroupOption) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	return g.Send(ctx, data, opts...)
}

// Members walks the members, each once, in no order. A connection that joins or leaves meanwhile
// is among them or is not. An error ends the walk.
//
//	for m, err := range app.Group("room:42").Members(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(m.ID, m.Name())
//	}
func (g *Group) Members(ctx context.Context) iter.Seq2[Member, error] {
	host, err := g.host()
	if err != nil {
		return func(yield func(Member, error) bool) { yield(Member{}, err) }
	}
	return host.GroupMembers(ctx, g.name)
}

// Count returns the number of members.
func (g *Group) Count(ctx context.Context) (int, error) {
	host, err := g.host()
	if err != nil {
		return 0, err
	}
	return host.CountGroup(ctx, g.name)
}

// host returns the host that runs the application, or why g cannot be used.
func (g *Group) host() (Host, error) {
	if !g.all {
		if err := CheckGroupName(g.name); err != nil {
			return nil, err
		}
	}
	return g.app.bound()
}

// CheckGroupName returns an [ErrInvalidGroup] that says what is wrong with the name of a group, or
// nil.
func CheckGroupName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: the name is empty; the group of all is Everyone", ErrInvalidGroup)
	case len(name) > MaxGroupName:
		return fmt.Errorf("%w: the name has %d bytes, and may have %d",
			ErrInvalidGroup, len(name), MaxGroupName)
	case !utf8.ValidString(name):
		return fmt.Errorf("%w: the name is not valid UTF-8", ErrInvalidGroup)
	}
	return nil
}

// A Member is a connection in a group.
type Member struct {
	ID       ConnID          `json:"id"`
	Info     json.RawMessage `json:"info,omitempty"` // as given to AddAs; nil if there is none
	JoinedAt time.Time       `json:"joined_at"`      // when it came into the group
}

// Name returns the info of a member that was added with a string, and "" for any other.
func (m Member) Name() string {
	var name string
	if json.Unmarshal(m.Info, &name) != nil {
		return ""
	}
	return name
}

// Decode decodes the info into v as [json.Unmarshal] does. It leaves v as it is where there is
// none.
func (m Member) Decode(v any) error {
	if len(m.Info) == 0 {
		return nil
	}
	if err := json.Unmarshal(m.Info, v); err != nil {
		return fmt.Errorf("decode info of member %s: %w", m.ID, err)
	}
	return nil
}

// A Delivery tells what became of a message to a group.
type Delivery struct {
	// Reached is the number of members that the message was accepted for.
	Reached int `json:"reached"`

	// Gone are connections that were found to be over. Each leaves its groups by itself, on a host
	// that holds sockets when its last handler has returned.
	Gone []ConnID `json:"gone,omitempty"`

	// Slow are members that do not keep up and did not get the message. A host that holds sockets
	// has closed them, with code 1013.
	Slow []ConnID `json:"slow,omitempty"`

	// Failed are members for which it is unknown, or that something else went wrong for.
	Failed []*ConnError `json:"-"`

	// Pending is the number of members whose share of a large group another invocation sends to, on
	// AWS. The other fields do not speak of them.
	Pending int `json:"pending,omitempty"`
}

// A GroupOption changes how one message is sent to a group. [Text] and [Binary] are GroupOptions
// too.
type GroupOption interface {
	applyToGroup(GroupOptions) GroupOptions
}

// GroupOptions are the options of one send to a group combined, for hosts. The zero GroupOptions
// send text to all members.
type GroupOptions struct {
	Type   MessageType
	Except []ConnID  // members that get nothing
	Report *Delivery // set by Group.Send; hosts return it
}

// NewGroupOptions returns what opts come to. Exceptions add up; of the others the later counts.
func NewGroupOptions(opts ...GroupOption) GroupOptions {
	var o GroupOptions
	for _, opt := range opts {
		o = opt.applyToGroup(o)
	}
	return o
}

// Except leaves members out of a send: usually the one whose message it is.
func Except(ids ...ConnID) GroupOption { return except(ids) }

// Report sets d to what became of a message, before [Group.Send] returns.
func Report(d *Delivery) GroupOption { return report{d} }

type except []ConnID

func (e except) applyToGroup(o GroupOptions) GroupOptions {
	if o.Except == nil {
		o.Except = e
	} else {
		o.Except = append(o.Except[:len(o.Except):len(o.Except)], e...)
	}
	return o
}

type report struct{ to *Delivery }

func (r report) applyToGroup(o GroupOptions) GroupOptions {
	o.Report = r.to
	return o
}

func (t MessageType) applyToGroup(o GroupOptions) GroupOptions {
	o.Type = t
	return o
}
