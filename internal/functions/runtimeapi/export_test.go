package runtimeapi

import (
	"bufio"
	"io"
	"net/http"
)

// The parsers, for fuzzing.
var (
	ParseRuntimePath = parseRuntimePath
	ParseFailure     = parseFailure
)

// ReadRequest reads one request with its body.
func ReadRequest(in *bufio.Reader, out io.Writer) (*request, error) {
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, err
	}
	return readRequest(r, out)
}

// Body returns what was read of a request.
func (q *request) Body() []byte { return q.body }

// SetUser sets the user of the process. Call it before Start.
func (s *Server) SetUser(uid int) { s.uid = uid }
