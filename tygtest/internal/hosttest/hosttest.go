// Package hosttest has the cases of tygtest.TestHost.
package hosttest

import (
	"testing"

	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

// Run runs the suite; see tygtest.TestHost.
func Run(t *testing.T, start suite.Start) {
	t.Helper()
	t.Run("connect", func(t *testing.T) { suite.Run(t, start, connectCases()) })
	t.Run("open", func(t *testing.T) { suite.Run(t, start, openCases()) })
	t.Run("request", func(t *testing.T) { suite.Run(t, start, requestCases()) })
	t.Run("event", func(t *testing.T) { suite.Run(t, start, eventCases()) })
	t.Run("message", func(t *testing.T) { suite.Run(t, start, messageCases()) })
	t.Run("type", func(t *testing.T) { suite.Run(t, start, typeCases()) })
	t.Run("failure", func(t *testing.T) { suite.Run(t, start, failureCases()) })
	t.Run("route", func(t *testing.T) { suite.Run(t, start, routeCases()) })
	t.Run("disconnect", func(t *testing.T) { suite.Run(t, start, disconnectCases()) })
	t.Run("send", func(t *testing.T) { suite.Run(t, start, handlerSendCases()) })
}
