// Package connid makes connection ids that name the node which holds the socket.
//
// An id has the shape of API Gateway's: 11 bytes in URL-safe base64 with padding, 16 characters of
// which the last is "=". The bytes are
//
//	0..2   the node's incarnation, whitened with a MAC of the other eight
//	3..10  random
//
// so a node that has the cluster's key routes an id without a lookup, and without the key it cannot
// be told which ids share a node. An id is not a secret and not a credential.
package connid

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg"
)

// Length is the length of every id, in characters.
const Length = 16

const (
	tagSize    = 3
	randomSize = 8
)

// encoding is strict: trailing bits that are not zero would give an id two spellings.
var encoding = base64.URLEncoding.Strict()

// An Incarnation identifies one start of one node, in 24 bits. A node that restarts has another
// incarnation, so that its old ids are gone.
type Incarnation uint32

// NewIncarnation returns a random Incarnation.
func NewIncarnation() Incarnation {
	var b [tagSize]byte
	rand.Read(b[:])
	return untag(b[:])
}

// A Maker makes the ids of one incarnation. It may be used by many goroutines at once.
type Maker struct {
	Incarnation Incarnation

	// Key hides the incarnation in ids; all nodes of a cluster share it. Without a key the
	// incarnation is only obscured.
	Key []byte
}

// New returns a new id. To guess one of a million existing ids takes 2^44 tries.
func (m *Maker) New() tyg.ConnID {
	var b [tagSize + randomSize]byte
	rand.Read(b[tagSize:])
	tag(b[:tagSize], m.Incarnation)
	whiten(b[:], m.Key)
	return tyg.ConnID(encoding.EncodeToString(b[:]))
}

// Parse returns the incarnation in an id, and false if id does not have the form that Makers give.
func (m *Maker) Parse(id tyg.ConnID) (Incarnation, bool) {
	if len(id) != Length {
		return 0, false
	}
	var b [tagSize + randomSize + 1]byte
	n, err := encoding.Decode(b[:], []byte(id))
	if err != nil || n != tagSize+randomSize {
		return 0, false
	}
	whiten(b[:n], m.Key)
	return untag(b[:tagSize]), true
}

// whiten XORs a MAC of the random part into the tag. Applying it twice restores the tag.
func whiten(b, key []byte) {
	if len(key) == 0 { // there is nothing to hide; a MAC would be a fortieth of a handshake
		for i := range tagSize {
			b[i] ^= b[tagSize+i]
		}
		return
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(b[tagSize:])
	var sum [sha256.Size]byte
	for i, x := range mac.Sum(sum[:0])[:tagSize] {
		b[i] ^= x
	}
}

func tag(b []byte, i Incarnation) { b[0], b[1], b[2] = byte(i>>16), byte(i>>8), byte(i) }

func untag(b []byte) Incarnation {
	return Incarnation(b[0])<<16 | Incarnation(b[1])<<8 | Incarnation(b[2])
}

// Disconnect is what the event that ends a connection is about, for [EventID].
const Disconnect = "disconnect"

// Leave returns what the event is about that ends a membership.
func Leave(group string, joinedAt time.Time) string {
	return "leave " + strconv.FormatInt(joinedAt.UnixNano(), 36) + " " + group
}

// EventID returns the id of an event of a connection, always the same, in the shape of all event
// ids. An application that is told twice, because a node was killed, recognizes it.
func EventID(id tyg.ConnID, about string) string {
	sum := sha256.Sum256([]byte(string(id) + " " + about))
	return encoding.EncodeToString(sum[:tagSize+randomSize])
}
