package awstest

// AddZone makes a hosted zone of Route 53 exist, and returns its id.
func (c *Cloud) AddZone(name string, private bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.route53.AddZone(name, private)
}

// Publish makes a record exist in DNS that is not of Route 53.
func (c *Cloud) Publish(name, kind, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dns[name+" "+kind] = value
}

// LookUp returns the value of a record in DNS, or what an alias leads to; "" if there is none.
func (c *Cloud) LookUp(name, kind string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookup(name, kind)
}

func (c *Cloud) lookup(name, kind string) string {
	if value := c.route53.Lookup(name, kind); value != "" {
		return value
	}
	return c.dns[name+" "+kind]
}

// BlindACM keeps ACM from seeing any record from now on, as if no domain were delegated.
func (c *Cloud) BlindACM() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acm.Lookup = func(string, string) string { return "" }
}

// FailCertificate makes the next certificate fail that is requested, for a reason such as
// CAA_ERROR.
func (c *Cloud) FailCertificate(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acm.Fail(reason)
}
