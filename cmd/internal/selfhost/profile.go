package selfhost

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// profileOf returns the profile that a configuration names, "" if it names none. Errors in it are
// left to parse, which reads all of it.
func profileOf(data []byte) string {
	var c struct {
		Profile string `json:"profile"`
	}
	_ = json.Unmarshal(data, &c)
	return c.Profile
}

// profile returns the limits and extensions of the configuration.
func (c *Config) profile() gateway.Profile {
	l, x := c.Limits, c.Extensions
	return gateway.Profile{
		Limits: gateway.Limits{
			Frame: l.Frame, Message: l.Message, Fragments: l.Fragments, URL: l.URL,
			Idle: time.Duration(l.Idle), Life: time.Duration(l.Life),
			Integration: time.Duration(l.Integration), Handshake: time.Duration(l.Handshake),
			Queue: l.Queue, Write: time.Duration(l.Write), Read: time.Duration(l.Read),
			Close: time.Duration(l.Close), Conns: l.Conns, ConnsPerAddress: l.ConnsPerAddress,
		},
		Extensions: gateway.Extensions{
			Binary: x.Binary, CloseCodes: x.CloseCodes, Ping: time.Duration(x.Ping),
			Concurrency: x.Concurrency,
		},
	}
}

// setProfile is the reverse of profile.
func (c *Config) setProfile(p gateway.Profile) {
	l, x := p.Limits, p.Extensions
	c.Limits = Limits{
		Frame: l.Frame, Message: l.Message, Fragments: l.Fragments, URL: l.URL,
		Idle: Duration(l.Idle), Life: Duration(l.Life),
		Integration: Duration(l.Integration), Handshake: Duration(l.Handshake),
		Queue: l.Queue, Write: Duration(l.Write), Read: Duration(l.Read), Close: Duration(l.Close),
		Conns: l.Conns, ConnsPerAddress: l.ConnsPerAddress,
	}
	c.Extensions = Extensions{
		Binary: x.Binary, CloseCodes: x.CloseCodes, Ping: Duration(x.Ping), Concurrency: x.Concurrency,
	}
}

// orLimits returns p with those of base for limits that are 0: a key that says nothing.
func orLimits(p, base gateway.Profile) gateway.Profile {
	limits, others := reflect.ValueOf(&p.Limits).Elem(), reflect.ValueOf(base.Limits)
	for i := range limits.NumField() {
		if limits.Field(i).IsZero() {
			limits.Field(i).Set(others.Field(i))
		}
	}
	return p
}
