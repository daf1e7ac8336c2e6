package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// An endless server says the same again and again.
type endless struct{ sent int }

func (e *endless) Read(b []byte) (int, error) {
	if e.sent > 4*maxRecordLine {
		return 0, io.EOF
	}
	for i := range b {
		b[i] = 'x'
	}
	e.sent += len(b)
	return len(b), nil
}

// TestRecordEndsALineWithoutEnd has a server that is no inspector.
func TestRecordEndsALineWithoutEnd(t *testing.T) {
	var out bytes.Buffer
	e := new(endless)
	n, err := copyLines(&out, io.MultiReader(strings.NewReader("one\ntwo"), e))
	if err == nil || n != 1 || out.String() != "one\n" || e.sent > 2*maxRecordLine {
		t.Errorf("%d lines, %q, %v after %d bytes", n, out.String(), err, e.sent)
	}
}
