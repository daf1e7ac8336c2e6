//go:build tyg.lambda

package host

import (
	"errors"

	"github.com/tyg-dev/tyg"
)

// runHere cannot serve: the tag leaves out the gateway, so that the uploaded program is small and
// starts fast.
func runHere(*tyg.App) error {
	return errors.New("this program was built for AWS Lambda only, with the tag tyg.lambda; " +
		"build it without the tag to run it here")
}
