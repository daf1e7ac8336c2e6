package lambda

// The inner doors of tests.
var (
	EndpointOf    = endpointOf
	ParseEndpoint = parseEndpoint
	NewLogger     = newLogger
)

// SetShards sets how many members an invocation sends to itself, and how many a shard has.
func (h *Host) SetShards(own, shard int) { h.groups.own, h.groups.shard = own, shard }

// YoungMember is how long a member is kept that API Gateway does not know.
const YoungMember = youngMember
