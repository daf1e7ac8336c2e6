//go:build !tyg.lambda

package host

import "flag"

// Flags returns the flags that [Run] takes, for documentation: to set them has no effect. Each is
// also an environment variable: addr is TYG_ADDR, and limit-idle TYG_LIMIT_IDLE.
func Flags() *flag.FlagSet {
	fs := flag.NewFlagSet("program", flag.ContinueOnError)
	new(options).flags(fs)
	return fs
}
