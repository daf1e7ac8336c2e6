package chatlib

// Buckets returns how many connections are remembered for the count of their messages.
func (c *Chat) Buckets() int {
	c.floods.mu.Lock()
	defer c.floods.mu.Unlock()
	return len(c.floods.buckets)
}

// The forms of names, for tests that try many.
var (
	Nickname = nickname
	RoomName = roomName
	Clean    = clean
)
