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

// Keys are a letter, a dot, and an id or name in base64, because keys allow few characters.
const (
	memberPrefix = "m."
	claimPrefix  = "n."
	syncKey      = "w" // written by a new watch, which is complete when it shows the write
)

func memberKey(id tyg.ConnID) string { return memberPrefix + encodeKey(string(id)) }

// claimKey returns the key of a name's claim, by the [rooms.Fold] of the name.
func claimKey(fold string) string { return claimPrefix + encodeKey(fold) }

func encodeKey(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// decodeKey returns the id or name in a key with this prefix, and reports whether key is such a
// key.
func decodeKey(key, prefix string) (string, bool) {
	encoded, ok := strings.CutPrefix(key, prefix)
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	return string(text), ok && err == nil && len(text) > 0
}

// A row is a member as one value of the bucket.
type row struct {
	ID   tyg.ConnID `json:"-"`           // in the key
	Life string     `json:"l"`           // random, from Add to Remove or expiry
	Rev  uint64     `json:"-"`           // the revision of the value
	Ver  int64      `json:"v"`           // counts the changes of this life, see claim
	Name string     `json:"n,omitempty"` // as in rooms.Member
	Room string     `json:"r,omitempty"`

	// Times are NATS's, in nanoseconds since 1970, so that the order of joining is the order of its
	// log, whatever the clocks of processes say. Zero means the time of this revision.
	Added  int64 `json:"a,omitempty"`
	Joined int64 `json:"j,omitempty"`

	ExpiresAt int64  `json:"u"`           // by the clock of the process that wrote it
	Claim     uint64 `json:"c,omitempty"` // the revision of the claim of Name
}

// An entry is a value of the bucket with its key, read or watched. An entry with rev 0 is that of a
// key that never existed.
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

func (r *row) expired(now time.Time) bool { return r.ExpiresAt <= now.UnixNano() }

func (r *row) member() rooms.Member {
	m := rooms.Member{
		ID: r.ID, Name: r.Name, Room: r.Room, AddedAt: time.Unix(0, r.Added).UTC(),
	}
	if r.Room != "" {
		m.JoinedAt = time.Unix(0, r.Joined).UTC()
	}
	return m
}

// A claim reserves a name for a member. Whether it holds follows from the member's row: it holds
// while the row has the name, and before that while the row may still get it as version Ver.
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

// sameMember reports whether both claims are of the same member in the same life.
func (c claim) sameMember(other claim) bool {
	return c.Owner == other.Owner && c.Life == other.Life
}

// dead reports whether the name with this fold is free although it is claimed, given the row of the
// member that claimed it, or nil. A dead claim stays dead: a life does not return, and versions
// only grow.
func (c claim) dead(fold string, owner *row) bool {
	return owner == nil || owner.Life != c.Life ||
		owner.Ver >= c.Ver && rooms.Fold(owner.Name) != fold
}

// encodeValue returns a row or a claim as JSON, which can represent all of both.
func encodeValue(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("natskv: " + err.Error())
	}
	return data
}
