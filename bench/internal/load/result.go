package load

import (
	"fmt"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// A Result holds the figures of a run. Latencies are in microseconds, CPU in cores.
type Result struct {
	Seconds  float64 `json:"seconds"`
	Messages uint64  `json:"messages"` // echoes, deliveries or connections
	Rate     float64 `json:"rate"`     // of messages, per second
	PerCPU   float64 `json:"per_cpu"`  // messages per CPU second of the server

	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`

	Retries uint64 `json:"retries,omitempty"` // Storm: connections that failed and tried again

	Resumed uint64 `json:"resumed,omitempty"` // Handshake: sessions of TLS

	LastP50 float64 `json:"last_p50"` // Broadcast: from publish to the last delivery
	LastP99 float64 `json:"last_p99"`

	ServerCPU float64 `json:"server_cpu"`
	ClientCPU float64 `json:"client_cpu"`
	Foreign   float64 `json:"foreign"` // used by other programs
	Steal     float64 `json:"steal"`   // given to other machines by the hypervisor
}

// Noise returns the cores that other programs and machines used during the measurement.
func (r Result) Noise() float64 { return r.Foreign + r.Steal }

// measure runs t twice: to warm up, and to measure.
func (l *client) measure(t traffic) (Result, error) {
	return l.measured(func(d time.Duration) error { return l.runFor(t, d) })
}

func (l *client) measured(run func(time.Duration) error) (Result, error) {
	if err := run(l.Warm); err != nil {
		return Result{}, fmt.Errorf("warm up: %w", err)
	}
	before, err := l.snapshot()
	if err != nil {
		return Result{}, err
	}
	l.latency = stat.Hist{}
	l.messages, l.resumed = 0, 0
	if err := run(l.Duration); err != nil {
		return Result{}, err
	}
	after, err := l.snapshot()
	if err != nil {
		return Result{}, err
	}
	return l.result(before, after), nil
}

// snapshot is CPU seconds at one time.
type snapshot struct {
	at                          time.Time
	server, client, busy, steal float64
}

func (l *client) snapshot() (s snapshot, err error) {
	s.at = time.Now()
	if s.server, err = stat.CPU(l.PIDs); err != nil {
		return s, err
	}
	if s.busy, s.steal, err = stat.Machine(); err != nil {
		return s, err
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return s, fmt.Errorf("get own CPU time: %w", err)
	}
	s.client = float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	return s, nil
}

func (l *client) result(a, b snapshot) Result {
	seconds := b.at.Sub(a.at).Seconds()
	h := &l.latency
	r := Result{
		Seconds:   seconds,
		Messages:  l.messages,
		Rate:      float64(l.messages) / seconds,
		P50:       h.Quantile(.5),
		P90:       h.Quantile(.9),
		P99:       h.Quantile(.99),
		P999:      h.Quantile(.999),
		Max:       h.Max(),
		ServerCPU: (b.server - a.server) / seconds,
		ClientCPU: (b.client - a.client) / seconds,
		Steal:     (b.steal - a.steal) / seconds,
	}
	// The clocks differ in their last ticks; the difference must not be negative.
	r.Foreign = max((b.busy-a.busy)/seconds-r.ServerCPU-r.ClientCPU, 0)
	if r.ServerCPU > 0 {
		r.PerCPU = r.Rate / r.ServerCPU
	}
	return r
}
