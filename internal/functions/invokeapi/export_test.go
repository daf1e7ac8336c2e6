package invokeapi

// The parsers, for fuzzing.
var (
	ParseReference  = parseReference
	SplitInvokePath = splitInvokePath
)

// SetBodies sets the bounds of payloads.
func (h *Handler) SetBodies(bodies, bytes int) {
	h.once.Do(h.setup)
	h.bodies.Bodies, h.bodies.Bytes = bodies, bytes
}
