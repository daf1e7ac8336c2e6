package natskv

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// Keys are a letter, a dot, and what is named in base64, for the alphabet of keys is small.
const (
	memberPrefix = "m."
	claimPrefix  = "n."
	markKey      = "w" // what a new watch writes, to see where it is
)

func memberKey(id tyg.ConnID) string { return memberPrefix + encode(string(id)) }

// claimKey returns the key of a name's claim, by the [rooms.Fold] of the name.
func claimKey(fold string) string { return claimPrefix + encode(fold) }

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// decodeKey returns what a key with this prefix names. Other keys are not ours to understand.
func decodeKey(key, prefix string) (string, bool) {
	encoded, ok := strings.CutPrefix(key, prefix)
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	return string(text), ok && err == nil && len(text) > 0
}

// A row is a member as it is kept: all that is true of it, in one value.
type row struct {
	ID   tyg.ConnID `json:"-"`           // in the key
	Life string     `json:"l"`           // random, from Add to Remove or expiry
	Rev  uint64     `json:"-"`           // the revision of the value
	Ver  int64      `json:"v"`           // counts the changes of this life, see claim
	Name string     `json:"n,omitempty"` // as in rooms.Member
	Room string     `json:"r,omitempty"`

	// Times are in nanoseconds since 1970. Those of NATS, so that the order of joining is the order
	// of its log, whatever the clocks of processes say: zero means the time of this revision.
	Added  int64 `json:"a,omitempty"`
	Joined int64 `json:"j,omitempty"`

	Until int64  `json:"u"`           // when the member expires, by the clock of who wrote it
	Claim uint64 `json:"c,omitempty"` // the revision of the claim of Name
}

// An entry is a value of the bucket with its key, whether read or watched. The zero entry is that
// of a key that never was.
type entry struct {
	key     string
	value   []byte // nil after a delete
	rev     uint64
	created time.Time
}

func (e entry) exists() bool { return e.value != nil }

// row decodes the entry of a member.
func (e entry) row() (row, error) {
	id, ok := decodeKey(e.key, memberPrefix)
	if !ok {
		return row{}, fmt.Errorf("decode key %q: not that of a member", e.key)
	}
	is := row{ID: tyg.ConnID(id), Rev: e.rev}
	if err := json.Unmarshal(e.value, &is); err != nil {
		return row{}, fmt.Errorf("decode member %q: %w", id, err)
	}
	if is.Added == 0 {
		is.Added = e.created.UnixNano()
	}
	if is.Joined == 0 && is.Room != "" {
		is.Joined = e.created.UnixNano()
	}
	return is, nil
}

func (r *row) expired(now time.Time) bool { return r.Until <= now.UnixNano() }

func (r *row) member() rooms.Member {
	m := rooms.Member{
		ID: r.ID, Name: r.Name, Room: r.Room, AddedAt: time.Unix(0, r.Added).UTC(),
	}
	if r.Room != "" {
		m.JoinedAt = time.Unix(0, r.Joined).UTC()
	}
	return m
}

// A claim says whose a name is to be. What is true is in the member's row: the claim holds while
// the row has the name, and before that while the row may still get it, as its version Ver.
type claim struct {
	Owner string `json:"o"` // memberKey of the member
	Life  string `json:"l"`
	Ver   int64  `json:"v"`
	Rev   uint64 `json:"-"`
}

func (e entry) claim() (claim, error) {
	c := claim{Rev: e.rev}
	if err := json.Unmarshal(e.value, &c); err != nil {
		return claim{}, fmt.Errorf("decode claim %q: %w", e.key, err)
	}
	return c, nil
}

// by reports whether the claim was made by the same member in the same life.
func (c claim) by(other claim) bool { return c.Owner == other.Owner && c.Life == other.Life }

// dead reports whether the name with this fold is free in spite of the claim, given the row of the
// member that claimed it, or nil. Once dead, a claim stays so: a life does not come back, and
// versions only grow.
func (c claim) dead(fold string, owner *row) bool {
	return owner == nil || owner.Life != c.Life ||
		owner.Ver >= c.Ver && rooms.Fold(owner.Name) != fold
}

// encoded returns a row or a claim as a value. Neither has anything that JSON lacks.
func encoded(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("natskv: " + err.Error())
	}
	return data
}
