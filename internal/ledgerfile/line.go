package ledgerfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/lostconn"
)

// version is that of the format. A file says it in its first line.
const version = 1

// A change is what a line says: one of its fields.
type change struct {
	Version int              `json:"version,omitempty"`
	Conn    *lostconn.Conn   `json:"conn,omitempty"`
	End     tyg.ConnID       `json:"end,omitempty"`
	Member  *lostconn.Member `json:"member,omitempty"`
	Left    *membership      `json:"left,omitempty"`
}

// A membership names one that is over.
type membership struct {
	ID    tyg.ConnID `json:"id"`
	Group string     `json:"group"`
}

// A line is a change with its checksum and a newline.
type line []byte

var checksums = crc32.MakeTable(crc32.Castagnoli)

// sumSize is the size of a checksum and the space behind it.
const sumSize = 9

func encode(c change) (line, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("note a connection: %w", err)
	}
	return sum(data), nil
}

// sum returns the line of JSON.
func sum(data []byte) line {
	l := fmt.Appendf(make(line, 0, sumSize+len(data)+1), "%08x ", crc32.Checksum(data, checksums))
	return append(append(l, data...), '\n')
}

// decode returns the change of a line, and whether it is whole.
func decode(l line) (c change, ok bool) {
	l = bytes.TrimSuffix(l, []byte("\n"))
	if len(l) <= sumSize || l[sumSize-1] != ' ' {
		return c, false
	}
	sum, err := strconv.ParseUint(string(l[:sumSize-1]), 16, 32)
	data := l[sumSize:]
	if err != nil || uint32(sum) != crc32.Checksum(data, checksums) {
		return c, false
	}
	return c, json.Unmarshal(data, &c) == nil
}
