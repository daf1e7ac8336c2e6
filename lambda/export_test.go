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

// ParseEventHead returns what the head of an event says, and the lengths of head and body.
func ParseEventHead(b []byte) (said [3]string, head int, body int64) {
	inv, head, body := parseEventHead(b)
	return [3]string{inv.id, inv.deadline, inv.traceID}, head, body
}
