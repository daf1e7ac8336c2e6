package awskeys

// The steps of a look, for tests.
var (
	Ask             = ask
	FromEnvironment = fromEnvironment
	Keep            = keep
)
