package lambda

// The inner doors of tests.
var (
	EndpointOf    = endpointOf
	ParseEndpoint = parseEndpoint
	NewLogger     = newLogger
)
