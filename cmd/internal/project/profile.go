package project

import (
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/gateway"
)

// change sets the limits of g that l has.
func (l Limits) change(g *gateway.Limits) {
	for _, n := range []struct {
		to   *int
		from int
	}{
		{&g.Frame, l.Frame},
		{&g.Message, l.Message},
		{&g.Fragments, l.Fragments},
		{&g.URL, l.URL},
		{&g.Queue, l.Queue},
		{&g.Conns, l.Conns},
		{&g.ConnsPerAddress, l.ConnsPerAddress},
	} {
		if n.from != 0 {
			*n.to = n.from
		}
	}
	for _, d := range []struct {
		to   *time.Duration
		from value.Duration
	}{
		{&g.Idle, l.Idle},
		{&g.Life, l.Life},
		{&g.Integration, l.Integration},
		{&g.Handshake, l.Handshake},
		{&g.Write, l.Write},
		{&g.Read, l.Read},
		{&g.Close, l.Close},
	} {
		if d.from != 0 {
			*d.to = time.Duration(d.from)
		}
	}
}

// change sets the extensions of g that x has.
func (x Extensions) change(g *gateway.Extensions) {
	if x.Binary != nil {
		g.Binary = *x.Binary
	}
	if x.CloseCodes != nil {
		g.CloseCodes = *x.CloseCodes
	}
	if x.Ping != nil {
		g.Ping = time.Duration(*x.Ping)
	}
	if x.Concurrency != nil {
		g.Concurrency = *x.Concurrency
	}
}
