package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
)

const idSize = 16

// eventID returns one event id.
func eventID() string { return newIDs(1) }

// newIDs returns n ids, at most 64, in one string. They have the shape of API Gateway's request and
// message ids, which is that of connection ids: 11 bytes in base64 with padding. They name events
// in logs and need not be secret, so those of one call share all but one character.
func newIDs(n int) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	const counter = 6 // the character that counts
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	var ids [idsAtOnce * idSize]byte
	base64.URLEncoding.Encode(ids[:idSize], raw[:11])
	for done := idSize; done < n*idSize; done *= 2 {
		copy(ids[done:], ids[:done])
	}
	for i := range n {
		ids[i*idSize+counter] = digits[i]
	}
	return string(ids[:n*idSize])
}
