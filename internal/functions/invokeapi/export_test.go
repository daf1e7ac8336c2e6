package invokeapi

// The parsers, for fuzzing.
var (
	ParseReference  = parseReference
	SplitInvokePath = splitInvokePath
)
