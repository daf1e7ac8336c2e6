//go:build tyg.lambda

package tygotel

import "github.com/tyg-dev/tyg"

// gatewayMetrics are none: a program for Lambda only has no gateway.
type gatewayMetrics struct{}

func (in *instrument) observe(tyg.Host) {}
