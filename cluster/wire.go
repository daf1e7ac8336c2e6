package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// wireVersion is the version of commands and replies. A node refuses a higher one. What can be
// ignored by an older node is a new field and not a new version: unknown fields are skipped.
const wireVersion = 1

// An op is what a command asks for. An unknown one is answered with codeUnsupported.
type op uint8

const (
	opPing op = iota + 1
	opSend
	opClose
	opInfo
	opAdd
	opRemove
	opGroup // send to the members of a group on this node
	opMembers
	opCount
	opLoad
	opStore
	opRelay // pass data, a command, on to another node
	opDrain
)

// A command is what one node asks of another. Which fields it has depends on its op.
type command struct {
	op       op
	from     connid.Incarnation
	seq      uint64 // counts the commands of from, to any node
	deadline int64  // Unix time in nanoseconds, by the clock of from

	ids    []tyg.ConnID // whom it is about
	group  string
	data   []byte
	kind   tyg.MessageType
	except []tyg.ConnID
	number uint64 // a revision, a close code, an incarnation
	reason string
}

// A reply answers a command.
type reply struct {
	code   code
	text   string // of an error that has no code
	data   []byte
	number uint64
	flag   bool
	failed []failure // of opSend with many ids
}

// A failure is what went wrong for one of the ids of a command.
type failure struct {
	index int
	code  code
}

// The tags of fields. A tag that was used is never used for another field.
const (
	tagIDs = iota + 1
	tagGroup
	tagData
	tagKind
	tagExcept
	tagNumber
	tagReason
	tagText
	tagFlag
	tagFailed
)

var errWire = errors.New("not a message of this protocol")

// errVersion means that a message is of a later version.
type errVersion byte

func (e errVersion) Error() string {
	return fmt.Sprintf("version %d of the protocol; this node knows %d", byte(e), wireVersion)
}

const headerSize = 1 + 1 + 4 + 8 + 8

func (c *command) encode() []byte {
	n := headerSize + 32 + len(c.group) + len(c.data) + (len(c.ids)+len(c.except))*connid.Length
	b := append(make([]byte, 0, n), wireVersion, byte(c.op))
	b = binary.BigEndian.AppendUint32(b, uint32(c.from))
	b = binary.BigEndian.AppendUint64(b, c.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(c.deadline))
	b = appendIDs(b, tagIDs, c.ids)
	b = appendField(b, tagGroup, c.group)
	b = appendField(b, tagData, c.data)
	b = appendNumber(b, tagKind, uint64(c.kind))
	b = appendIDs(b, tagExcept, c.except)
	b = appendNumber(b, tagNumber, c.number)
	return appendField(b, tagReason, c.reason)
}

// decodeCommand decodes a command, which keeps parts of b.
func decodeCommand(b []byte) (c command, err error) {
	switch {
	case len(b) > 0 && b[0] > wireVersion:
		return c, errVersion(b[0])
	case len(b) < headerSize || b[0] == 0:
		return c, errWire
	}
	c.op, c.from = op(b[1]), connid.Incarnation(binary.BigEndian.Uint32(b[2:]))
	c.seq = binary.BigEndian.Uint64(b[6:])
	c.deadline = int64(binary.BigEndian.Uint64(b[14:]))
	return c, eachField(b[headerSize:], func(tag uint64, value []byte) error {
		switch tag {
		case tagIDs:
			c.ids, err = parseIDs(value)
		case tagGroup:
			c.group = string(value)
		case tagData:
			c.data = value
		case tagKind:
			c.kind = tyg.MessageType(parseNumber(value))
		case tagExcept:
			c.except, err = parseIDs(value)
		case tagNumber:
			c.number = parseNumber(value)
		case tagReason:
			c.reason = string(value)
		}
		return err
	})
}

func (r *reply) encode() []byte {
	b := append(make([]byte, 0, 16+len(r.data)+len(r.text)+3*len(r.failed)), wireVersion, byte(r.code))
	b = appendField(b, tagText, r.text)
	b = appendField(b, tagData, r.data)
	b = appendNumber(b, tagNumber, r.number)
	if r.flag {
		b = appendNumber(b, tagFlag, 1)
	}
	if len(r.failed) > 0 {
		var list []byte
		for _, f := range r.failed {
			list = append(binary.AppendUvarint(list, uint64(f.index)), byte(f.code))
		}
		b = appendField(b, tagFailed, list)
	}
	return b
}

// decodeReply decodes a reply, which keeps parts of b.
func decodeReply(b []byte) (r reply, err error) {
	switch {
	case len(b) > 0 && b[0] > wireVersion:
		return r, errVersion(b[0])
	case len(b) < 2 || b[0] == 0:
		return r, errWire
	}
	r.code = code(b[1])
	return r, eachField(b[2:], func(tag uint64, value []byte) error {
		switch tag {
		case tagText:
			r.text = string(value)
		case tagData:
			r.data = value
		case tagNumber:
			r.number = parseNumber(value)
		case tagFlag:
			r.flag = parseNumber(value) != 0
		case tagFailed:
			r.failed, err = parseFailures(value)
		}
		return err
	})
}

func parseFailures(b []byte) (list []failure, err error) {
	for len(b) > 0 {
		i, n := binary.Uvarint(b)
		if n <= 0 || n >= len(b) || i > 1<<31 {
			return nil, errWire
		}
		list = append(list, failure{int(i), code(b[n])})
		b = b[n+1:]
	}
	return list, nil
}

// appendField appends a field, unless it is empty.
func appendField[T []byte | string](b []byte, tag uint64, value T) []byte {
	if len(value) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, tag)
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

func appendNumber(b []byte, tag, n uint64) []byte {
	if n == 0 {
		return b
	}
	var v [binary.MaxVarintLen64]byte
	return appendField(b, tag, v[:binary.PutUvarint(v[:], n)])
}

func parseNumber(b []byte) uint64 {
	n, _ := binary.Uvarint(b)
	return n
}

// appendIDs appends the ids that have the length of those that nodes make.
func appendIDs(b []byte, tag uint64, ids []tyg.ConnID) []byte {
	count := 0
	for _, id := range ids {
		if len(id) == connid.Length {
			count++
		}
	}
	if count == 0 {
		return b
	}
	b = binary.AppendUvarint(b, tag)
	b = binary.AppendUvarint(b, uint64(count*connid.Length))
	for _, id := range ids {
		if len(id) == connid.Length {
			b = append(b, id...)
		}
	}
	return b
}

func parseIDs(b []byte) ([]tyg.ConnID, error) {
	if len(b)%connid.Length != 0 {
		return nil, errWire
	}
	all, ids := string(b), make([]tyg.ConnID, len(b)/connid.Length)
	for i := range ids {
		ids[i] = tyg.ConnID(all[i*connid.Length : (i+1)*connid.Length])
	}
	return ids, nil
}

func eachField(b []byte, f func(tag uint64, value []byte) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errWire
		}
		b = b[n:]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return errWire
		}
		if err := f(tag, b[n:n+int(size)]); err != nil {
			return err
		}
		b = b[n+int(size):]
	}
	return nil
}
