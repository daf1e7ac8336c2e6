package runtimeapi

// The parsers, for fuzzing.
var (
	ParseRuntimePath = parseRuntimePath
	ReadRequest      = readRequest
	ParseFailure     = parseFailure
)

// Body returns what was read of a request.
func (q *request) Body() []byte { return q.body }
