//go:build !tyg.lambda

package host

import (
	"context"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// Parse is parse.
var Parse = parse

// RunWithNATS is Run outside of Lambda in a program that was built with the tag tyg.nats, whatever
// the tags of the test.
func RunWithNATS(app *tyg.App) error {
	return runWith(app, func(ctx context.Context, getenv func(string) string) (valueStore, error) {
		return natskv.OpenValues(ctx, natskv.ValuesFromEnvironment(getenv))
	})
}

// A ValueStore is what NewStoredValues opens.
type ValueStore = valueStore

// NewStoredValues returns values that are opened at their first use.
func NewStoredValues(open func(context.Context) (ValueStore, error)) ValueStore {
	return &storedValues{open: open}
}
