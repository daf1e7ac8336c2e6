//go:build !linux

package admin

// systemMetrics returns nothing: only Linux tells it in files.
func systemMetrics() []Metric { return nil }
