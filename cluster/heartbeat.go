package cluster

import (
	"encoding/json"
	"time"

	"github.com/tyg-dev/tyg/internal/connid"
)

// A heartbeat is what a node tells all others. Unknown fields are ignored.
type heartbeat struct {
	Version     int      `json:"v"`
	Inc         string   `json:"inc,omitempty"`
	Node        string   `json:"node,omitempty"`
	State       state    `json:"state,omitempty"`
	Sent        int64    `json:"sent"`               // Unix time in nanoseconds, by its clock
	Every       int64    `json:"every,omitempty"`    // nanoseconds between two
	Started     int64    `json:"started,omitempty"`  // Unix time in seconds
	Connections int64    `json:"conns,omitempty"`    // that are open
	Shards      int      `json:"shards,omitempty"`   // see Config
	Ledger      bool     `json:"ledger,omitempty"`   // Config.Disconnects is AtLeastOnce
	Fenced      bool     `json:"fenced,omitempty"`   // it serves no client
	Program     string   `json:"program,omitempty"`  // the version of the program
	Dead        []string `json:"dead,omitempty"`     // incarnations that were declared dead lately
	Hello       bool     `json:"hello,omitempty"`    // it has just joined: answer
	Observer    bool     `json:"observer,omitempty"` // it is no node, and asks only
}

// every returns the time between two heartbeats.
func (h heartbeat) every() time.Duration { return time.Duration(h.Every) }

// NodeInfo tells of one node.
type NodeInfo struct {
	Node        string        `json:"node,omitempty"`   // its name, see Config
	Incarnation string        `json:"incarnation"`      // six hexadecimal digits
	State       string        `json:"state"`            // alive, suspect, draining or fenced
	Connections int64         `json:"connections"`      // that are open
	Disconnects string        `json:"disconnects"`      // best-effort or at-least-once
	Program     string        `json:"program"`          // the version of its program
	Protocol    int           `json:"protocol"`         // the version of the protocol
	Started     time.Time     `json:"started,omitzero"` // when it joined
	Lag         time.Duration `json:"lag"`              // since it was last heard
}

func (h heartbeat) info(inc connid.Incarnation, heard time.Time, suspected bool) NodeInfo {
	n := NodeInfo{
		Node: h.Node, Incarnation: hex(inc), State: string(h.State), Connections: h.Connections,
		Program: h.Program, Protocol: h.Version, Disconnects: BestEffort.String(),
	}
	if h.Started > 0 {
		n.Started = time.Unix(h.Started, 0)
	}
	if h.Ledger {
		n.Disconnects = AtLeastOnce.String()
	}
	if !heard.IsZero() {
		n.Lag = time.Since(heard)
	}
	switch {
	case suspected:
		n.State = "suspect"
	case h.Fenced:
		n.State = "fenced"
	}
	return n
}

func (h heartbeat) encode() []byte {
	b, err := json.Marshal(h)
	if err != nil {
		panic("cluster: encode a heartbeat: " + err.Error()) // it has no value that JSON lacks
	}
	return b
}

func decodeHeartbeat(b []byte) (h heartbeat, inc connid.Incarnation, ok bool) {
	if json.Unmarshal(b, &h) != nil {
		return h, 0, false
	}
	if h.Observer {
		return h, 0, true
	}
	inc, ok = parseHex(h.Inc)
	return h, inc, ok
}
