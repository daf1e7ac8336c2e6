// Package bill prices the load of an application on AWS, and on servers of one's own.
package bill

import (
	_ "embed" // for the table
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Prices is a table of prices and quotas. All prices are for a month of on-demand use.
type Prices struct {
	AsOf     string            `json:"as_of"` // a date: 2006-01-02
	Region   string            `json:"region"`
	Currency string            `json:"currency"`
	Sources  map[string]string `json:"sources,omitempty"`
	Note     string            `json:"note,omitempty"`

	Messages          []Tier  `json:"message_tiers"`
	MessageStep       int     `json:"message_step_bytes"` // a longer message counts as several
	ConnectionMinutes float64 `json:"connection_minutes_million"`
	Requests          float64 `json:"lambda_requests_million"`
	GBSecond          float64 `json:"lambda_gb_second"`
	Reads             float64 `json:"dynamodb_reads_million"`
	Writes            float64 `json:"dynamodb_writes_million"`
	LogsGB            float64 `json:"logs_gb"`
	TransferGB        float64 `json:"transfer_gb"`

	Server Server `json:"server"`
	Quotas Quotas `json:"quotas"`
}

// A Tier is the price of a million messages, up to a number of them in a month.
type Tier struct {
	UpTo    float64 `json:"up_to,omitempty"` // 0: no end
	Million float64 `json:"million"`
}

// A Server is one of one's own.
type Server struct {
	Name        string  `json:"name"`
	Month       float64 `json:"month"`
	Connections float64 `json:"connections"`         // at a time
	Messages    float64 `json:"messages_per_second"` // in and out
}

// Quotas are those of an account that has not asked for others.
type Quotas struct {
	Connects          float64 `json:"connects_per_second"`
	Messages          float64 `json:"messages_per_second"` // of clients
	MessageBytes      float64 `json:"message_bytes"`
	ConnectionMinutes float64 `json:"connection_minutes"`
	Concurrency       float64 `json:"lambda_concurrency"`
}

//go:embed prices.json
var table []byte

// Table returns the text of tyg's own table.
func Table() []byte { return table }

// Parse reads a table. Unknown keys are errors, and so is a price that is missing: a bill without
// it would be too low.
func Parse(data []byte) (Prices, error) {
	var p Prices
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("read prices: %w", err)
	}
	return p, p.check()
}

func (p Prices) check() error {
	if _, err := time.Parse(time.DateOnly, p.AsOf); err != nil {
		return fmt.Errorf("prices: as_of is %q, and must be a date such as 2026-11-30", p.AsOf)
	}
	var errs []error
	for name, value := range map[string]float64{
		"connection_minutes_million": p.ConnectionMinutes, "lambda_requests_million": p.Requests,
		"lambda_gb_second": p.GBSecond, "dynamodb_reads_million": p.Reads,
		"dynamodb_writes_million": p.Writes, "logs_gb": p.LogsGB, "transfer_gb": p.TransferGB,
		"message_step_bytes": float64(p.MessageStep), "server.month": p.Server.Month,
		"server.connections": p.Server.Connections, "server.messages_per_second": p.Server.Messages,
		"quotas.connects_per_second": p.Quotas.Connects, "quotas.messages_per_second": p.Quotas.Messages,
		"quotas.message_bytes": p.Quotas.MessageBytes, "quotas.lambda_concurrency": p.Quotas.Concurrency,
		"quotas.connection_minutes": p.Quotas.ConnectionMinutes,
	} {
		if !(value > 0) {
			errs = append(errs, fmt.Errorf("prices: %s is missing", name))
		}
	}
	if len(p.Messages) == 0 || p.Messages[len(p.Messages)-1].UpTo != 0 {
		errs = append(errs, errors.New("prices: the last of message_tiers must have no up_to"))
	}
	last := 0.0
	for _, t := range p.Messages {
		if !(t.Million > 0) || t.UpTo != 0 && t.UpTo <= last {
			errs = append(errs, errors.New("prices: message_tiers need a price each, and rise"))
		}
		last = t.UpTo
	}
	return errors.Join(errs...)
}

// messages returns the price of so many messages.
func (p Prices) messages(n float64) float64 {
	total, from := 0.0, 0.0
	for _, t := range p.Messages {
		to := n
		if t.UpTo > 0 && t.UpTo < n {
			to = t.UpTo
		}
		if to > from {
			total += (to - from) / 1e6 * t.Million
			from = to
		}
	}
	return total
}
