package bill

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A Load is what an application does in a month. Messages are counted as AWS meters them: in steps
// of 32 KB.
type Load struct {
	Connections       float64 `json:"connections"` // that are opened
	ConnectionMinutes float64 `json:"connection_minutes"`
	In                float64 `json:"messages_in"`
	Out               float64 `json:"messages_out"` // one for each recipient
	BytesOut          float64 `json:"bytes_out"`

	Handler  float64 `json:"handler_ms"` // of an event
	Memory   float64 `json:"memory_mb"`
	Reads    float64 `json:"table_reads"`  // units, for each message of a client
	Writes   float64 `json:"table_writes"` // the same
	LogBytes float64 `json:"log_bytes"`    // for each event

	// Peaks are for quotas. Zero means not known.
	Peak Peak `json:"peak"`
}

// A Peak is the most of a moment.
type Peak struct {
	Connections float64 `json:"connections"` // open at a time
	Connects    float64 `json:"connects_per_second"`
	In          float64 `json:"messages_in_per_second"`
	Out         float64 `json:"messages_out_per_second"`
	Bytes       float64 `json:"message_bytes"`
	Minutes     float64 `json:"connection_minutes"`
}

// Default is a load without messages, of functions as "tyg deploy" makes them.
func Default() Load { return Load{Handler: 50, Memory: 128, LogBytes: 300} }

// ParseLoad reads a description. What it does not name is that of [Default].
func ParseLoad(data []byte) (Load, error) {
	l := Default()
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return l, fmt.Errorf("read load: %w", err)
	}
	for _, n := range []float64{
		l.Connections, l.ConnectionMinutes, l.In, l.Out, l.BytesOut, l.Handler, l.Memory, l.Reads,
		l.Writes, l.LogBytes, l.Peak.Connections, l.Peak.Connects, l.Peak.In, l.Peak.Out, l.Peak.Bytes,
		l.Peak.Minutes,
	} {
		if n < 0 {
			return l, errors.New("read load: a number is negative")
		}
	}
	return l, nil
}

// times returns the load of so many of it. Peaks do not change.
func (l Load) times(n float64) Load {
	l.Connections *= n
	l.ConnectionMinutes *= n
	l.In *= n
	l.Out *= n
	l.BytesOut *= n
	return l
}
