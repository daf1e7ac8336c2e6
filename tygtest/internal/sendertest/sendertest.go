// Package sendertest has the cases of tygtest.TestSender.
package sendertest

import (
	"testing"

	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

// Run runs the suite; see tygtest.TestSender.
func Run(t *testing.T, start suite.Start) {
	t.Helper()
	t.Run("send", func(t *testing.T) { suite.Run(t, start, sendCases()) })
	t.Run("refuse", func(t *testing.T) { suite.Run(t, start, refuseCases()) })
	t.Run("many", func(t *testing.T) { suite.Run(t, start, manyCases()) })
	t.Run("close", func(t *testing.T) { suite.Run(t, start, closeCases()) })
	t.Run("info", func(t *testing.T) { suite.Run(t, start, infoCases()) })
}
