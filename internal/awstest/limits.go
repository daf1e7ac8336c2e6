package awstest

import "time"

// LimitTables sets the account's quota of tables, which is high enough without it.
func (c *Cloud) LimitTables(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dynamo.MaxTables = n
}

// PinTable makes UpdateTable of a table accept every change without effect, as if something else,
// such as auto scaling, set the table back at once.
func (c *Cloud) PinTable(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dynamo.Pinned[name] = true
}

// LimitTTL refuses a change of the time to live of a table that comes sooner than this after the
// last one, by the account's time ([Cloud.Pass]). AWS refuses it for an hour.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html)
func (c *Cloud) LimitTTL(interval time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dynamo.TTLInterval = interval
}
