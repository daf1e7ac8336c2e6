package chatlib

// Buckets returns for how many connections messages are counted.
func (c *Chat) Buckets() int {
	c.rates.mu.Lock()
	defer c.rates.mu.Unlock()
	return len(c.rates.buckets)
}

// The forms of names, for tests that try many.
var (
	Nickname = nickname
	RoomName = roomName
	Clean    = clean
)
