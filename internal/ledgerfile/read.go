package ledgerfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/tyg-dev/tyg"
)

// maxLine bounds a line; what is longer is damaged. A connection has some 300 bytes, and at most
// some 50 KB: of headers, of what its authorizer says, and of stage variables.
const maxLine = 1 << 20

// damage is what of a file cannot be read.
type damage struct {
	lines int
	bytes int64
}

// read reads the changes of a file into f.conns. A last line without an end is no damage: it was
// being written when the process ended, and nothing that depends on it has happened.
func (f *File) read(from io.Reader) (damage, error) {
	var d damage
	r := bufio.NewReaderSize(from, maxLine)
	for at := int64(0); ; {
		l, err := r.ReadSlice('\n')
		size := int64(len(l))
		for errors.Is(err, bufio.ErrBufferFull) {
			l = nil // too long
			var rest []byte
			rest, err = r.ReadSlice('\n')
			size += int64(len(rest))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return d, err
		}
		c, ok := decode(l)
		switch {
		case ok && c.Version > version:
			return d, fmt.Errorf("%s is of a later version of tyg; use that, or another file", f.path)
		case ok:
			f.apply(c, span{at, size})
		case err == nil && len(bytes.TrimSpace(l)) > 0 || l == nil && size > 0:
			d.lines++
			d.bytes += size
		}
		if err != nil {
			return d, nil
		}
		at += size
	}
}

// apply does what a change of a process before says.
func (f *File) apply(c change, at span) {
	switch {
	case c.Conn != nil && c.Conn.ID != "":
		f.conns[c.Conn.ID] = &entry{line: at, old: true}
	case c.End != "":
		delete(f.conns, c.End)
	case c.Member != nil:
		if e := f.conns[c.Member.Member.ID]; e != nil {
			if e.members == nil {
				e.members = make(map[string]span)
			}
			e.members[c.Member.Group] = at
		}
	case c.Left != nil:
		if e := f.conns[c.Left.ID]; e != nil {
			delete(e.members, c.Left.Group)
		}
	}
}

// get reads a line again. f.mu is held.
func (f *File) get(at span) (change, error) {
	l := make(line, at.size)
	if _, err := f.disk.ReadAt(l, at.at); err != nil && !errors.Is(err, io.EOF) {
		return change{}, err
	}
	c, ok := decode(l)
	if !ok {
		return c, errors.New("a line has changed since it was read")
	}
	return c, nil
}

// left returns the connections of processes before. f.mu is not held.
func (f *File) left() []tyg.ConnID {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []tyg.ConnID
	for id, e := range f.conns {
		if e.old {
			list = append(list, id)
		}
	}
	return list
}
