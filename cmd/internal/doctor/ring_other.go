//go:build !linux

package doctor

import "errors"

// ring is not called.
func ring() (release string, err error) { return "", errors.ErrUnsupported }
