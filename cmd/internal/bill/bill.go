package bill

import (
	"fmt"
	"math"
)

// A Bill is what a load costs in a month.
type Bill struct {
	Prices struct {
		AsOf     string `json:"as_of"`
		Region   string `json:"region"`
		Currency string `json:"currency"`
	} `json:"prices"`
	Load  Load     `json:"load"`
	Lines []Line   `json:"lines"`
	Total float64  `json:"total"`
	Over  []string `json:"over_quota"`
	Own   Own      `json:"own_servers"`
}

// A Line is one part of a bill.
type Line struct {
	What   string  `json:"what"`
	Amount float64 `json:"amount"`
	Unit   string  `json:"unit"`
	Price  float64 `json:"price"`
}

// Own compares with servers of one's own, which have the same transfer.
type Own struct {
	Server  string  `json:"server"`
	Servers int     `json:"servers"`
	Price   float64 `json:"price"` // with the transfer

	// BreakEven is the multiple of the load from which on servers are cheaper: 0.2 is a fifth of it.
	BreakEven float64 `json:"break_even"`
}

// Of prices a load.
func Of(l Load, p Prices) Bill {
	var b Bill
	b.Load = l
	b.Prices.AsOf, b.Prices.Region, b.Prices.Currency = p.AsOf, p.Region, p.Currency
	add := func(what string, amount float64, unit string, price float64) {
		b.Lines = append(b.Lines, Line{what, amount, unit, price})
		b.Total += price
	}
	// In and out share the tiers; what is in comes first.
	in := p.messages(l.In)
	add("messages in", l.In, "messages", in)
	add("messages out", l.Out, "messages", p.messages(l.In+l.Out)-in)
	add("connections", l.ConnectionMinutes, "minutes", l.ConnectionMinutes/1e6*p.ConnectionMinutes)
	events := l.In + 2*l.Connections // connect and disconnect
	add("Lambda, events", events, "events", events/1e6*p.Requests)
	gbs := events * l.Handler / 1000 * l.Memory / 1024
	add(fmt.Sprintf("Lambda, %g MB, %g ms", l.Memory, l.Handler), gbs, "GB-seconds", gbs*p.GBSecond)
	add("DynamoDB, reads", l.In*l.Reads, "units", l.In*l.Reads/1e6*p.Reads)
	add("DynamoDB, writes", l.In*l.Writes, "units", l.In*l.Writes/1e6*p.Writes)
	logs := events * l.LogBytes / 1e9
	add("logs", logs, "GB", logs*p.LogsGB)
	transfer := l.BytesOut / 1e9 * p.TransferGB
	add("data out", l.BytesOut/1e9, "GB", transfer)
	b.Over = append([]string{}, p.Quotas.over(l)...)
	b.Own = p.own(l, transfer, b.Total)
	return b
}

// over returns the quotas that a load exceeds.
func (q Quotas) over(l Load) []string {
	var list []string
	check := func(have, limit float64, format string) {
		if have > limit {
			list = append(list, fmt.Sprintf(format, Number(have), Number(limit)))
		}
	}
	check(l.Peak.Connects, q.Connects,
		"%s clients connect in a second, and the quota is %s; ask AWS for more")
	check(l.Peak.In, q.Messages,
		"clients send %s messages in a second, and the quota is %s; ask AWS for more")
	check(l.Peak.Bytes, q.MessageBytes,
		"a message has %s bytes, and API Gateway takes %s, for good")
	check(l.Peak.Minutes, q.ConnectionMinutes,
		"a connection lasts %s minutes, and API Gateway ends it after %s, "+
			"for good: let clients reconnect")
	// Little's law: events under way are those of a second times their seconds.
	check((l.Peak.In+2*l.Peak.Connects)*l.Handler/1000, q.Concurrency,
		"%s functions run at a time, and the quota is %s; ask AWS for more")
	return list
}

func (p Prices) own(l Load, transfer, aws float64) Own {
	need := max(l.Peak.Connections/p.Server.Connections, (l.Peak.In+l.Peak.Out)/p.Server.Messages)
	o := Own{Server: p.Server.Name, Servers: int(max(1, math.Ceil(need)))}
	servers := float64(o.Servers) * p.Server.Month
	o.Price = servers + transfer
	if own := aws - transfer; own > 0 {
		o.BreakEven = servers / own
	}
	return o
}

// Number returns a number for people.
func Number(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2f million", n/1e6)
	case n == math.Trunc(n):
		return fmt.Sprintf("%.0f", n)
	case n >= 100:
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.2g", n)
}
