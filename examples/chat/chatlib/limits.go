package chatlib

import (
	"cmp"
	"time"

	"github.com/tyg-dev/tyg/rooms"
)

// Limits bound what one client may do. A zero field means its default.
//
// The number of rooms has no limit of its own: every room has a member, a member is in one room,
// and the host limits connections.
type Limits struct {
	Name    int // longest nickname, in characters: 32; never more than 64
	Room    int // longest name of a room, in characters: 64; never more
	Text    int // longest message of a client, in bytes: 4096
	Members int // most members of a room: 10,000; clients that join at once may exceed it a little

	// A client may send Burst messages at once (20, enough to paste a screen), and one more each
	// time Refill has passed (500 ms). Further messages are dropped, and a client of which Patience
	// messages (100) are dropped before it has been quiet for Burst times Refill is disconnected.
	// Each process counts the messages that it handles itself.
	Burst    int
	Refill   time.Duration
	Patience int
}

// longestName is in characters, of which UTF-8 makes up to four bytes each (RFC 3629 section 3).
const longestName = rooms.MaxName / 4

func (l Limits) orDefaults() Limits {
	return Limits{
		Name:     min(cmp.Or(l.Name, 32), longestName),
		Room:     min(cmp.Or(l.Room, 64), longestName),
		Text:     cmp.Or(l.Text, 4096),
		Members:  cmp.Or(l.Members, 10_000),
		Burst:    cmp.Or(l.Burst, 20),
		Refill:   cmp.Or(l.Refill, 500*time.Millisecond),
		Patience: cmp.Or(l.Patience, 100),
	}
}
