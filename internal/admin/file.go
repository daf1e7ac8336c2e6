package admin

import "github.com/tyg-dev/tyg/internal/ledgerfile"

// OfFile returns the metrics of a file of disconnects.
func OfFile(s ledgerfile.Stats) []Metric {
	failed := 0.0
	if s.Failed {
		failed = 1
	}
	return []Metric{
		{
			Name: "tyg_disconnects_noted", Help: "Connections whose ends would be told if the process " +
				"were killed.", Number: float64(s.Connections),
		},
		{
			Name: "tyg_disconnects_left", Help: "Connections of a process that was killed, whose ends are " +
				"being told.", Number: float64(s.Left),
		},
		{
			Name: "tyg_disconnects_file_bytes", Help: "Size of the file of disconnects.",
			Number: float64(s.Bytes),
		},
		{
			Name: "tyg_disconnects_file_failed", Help: "1 while the file cannot be written, and clients " +
				"that connect get 503.", Number: failed,
		},
	}
}
