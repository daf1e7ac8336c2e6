package hostapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
)

// The headers of requests.
const (
	// ExceptHeader has the ids of members that a message is not sent to, separated by commas.
	ExceptHeader = "Tyg-Except"

	// KeyHeader names a request that changes something. Of several requests with one key only the
	// first is done, and all have its answer.
	// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)
	KeyHeader = "Idempotency-Key"
)

// MessageType is the content type of a [Message]. Other bodies are a message as they are.
const MessageType = "application/vnd.tyg.message+json"

// A Message is the body of a send that says all about it, for long lists of exceptions.
type Message struct {
	Data   []byte       `json:"data"` // base64
	Binary bool         `json:"binary,omitempty"`
	Except []tyg.ConnID `json:"except,omitempty"`
}

// ParseMessage decodes a [Message]. A body without data, or with a name that a Message does not
// have, is most likely misspelt, so it is an error: it would be an empty message to all members.
func ParseMessage(body []byte) (m Message, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err = d.Decode(&m); err == nil && m.Data == nil {
		err = errors.New("data is missing")
	}
	if _, end := d.Token(); err == nil && end != io.EOF {
		err = errors.New("there is more after it")
	}
	if err != nil {
		return m, BadRequest("the message is not what its Content-Type says: " + err.Error())
	}
	return m, nil
}

// A Change answers to a member that was added or removed.
type Change struct {
	// Changed reports whether the connection was no member before, or was one.
	Changed bool `json:"changed"`

	// Member is the member as it is now, or was.
	Member *tyg.Member `json:"member,omitempty"`
}

// A Page has some members of a group, sorted by id.
type Page struct {
	Count   int          `json:"count"` // of all members of the group
	Members []tyg.Member `json:"members"`
	Next    tyg.ConnID   `json:"next,omitempty"` // "after" of the next page, if there is one
}

// ValidJSON reports whether data is JSON that every reader can decode: [json.Valid] accepts strings
// that are not UTF-8, which JSON has to be (https://www.rfc-editor.org/rfc/rfc8259#section-8.1).
func ValidJSON(data []byte) bool { return utf8.Valid(data) && json.Valid(data) }

// ETag returns the ETag of a revision.
func ETag(rev tyg.Revision) string { return `"` + strconv.FormatUint(uint64(rev), 10) + `"` }

// ParseETag is the reverse of [ETag].
func ParseETag(tag string) (tyg.Revision, error) {
	n, err := strconv.ParseUint(strings.Trim(tag, `"`), 10, 64)
	rev := tyg.Revision(n)
	if err != nil || rev == 0 || rev == tyg.AnyRevision || ETag(rev) != tag {
		return 0, fmt.Errorf("%s is not a revision", tag)
	}
	return rev, nil
}

// SetCondition makes a request depend on the revision rev.
func SetCondition(h http.Header, rev tyg.Revision) {
	switch rev {
	case tyg.AnyRevision:
	case 0:
		h.Set("If-None-Match", "*")
	default:
		h.Set("If-Match", ETag(rev))
	}
}

// Condition returns the revision that a request depends on.
func Condition(h http.Header) (tyg.Revision, error) {
	match, none := h.Values("If-Match"), h.Values("If-None-Match")
	switch {
	case len(match) == 0 && len(none) == 0:
		return tyg.AnyRevision, nil
	case len(match) == 0 && len(none) == 1 && none[0] == "*":
		return 0, nil
	case len(match) == 1 && len(none) == 0:
		if rev, err := ParseETag(match[0]); err == nil {
			return rev, nil
		}
	}
	return 0, BadRequest(`send one of If-Match with an ETag of this API, If-None-Match: *, or neither`)
}

// Except returns the value of [ExceptHeader] for ids.
func Except(ids []tyg.ConnID) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return strings.Join(list, ",")
}

// ParseExcept returns the ids in the values of [ExceptHeader].
func ParseExcept(values []string) (ids []tyg.ConnID) {
	for _, value := range values {
		for id := range strings.SplitSeq(value, ",") {
			if id = strings.TrimSpace(id); id != "" {
				ids = append(ids, tyg.ConnID(id))
			}
		}
	}
	return ids
}
