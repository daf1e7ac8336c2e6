package tygtest

import (
	"testing"

	"github.com/tyg-dev/tyg"
)

// TestHost checks that a host keeps what package tyg promises to applications: when handlers are
// called, with what, and what clients see of the outcome. start starts a new host that runs h and
// stops when the test ends; it is called once for each case. A case that fails prints the rule that
// was broken.
//
// The host must have API Gateway's limits and defaults. What a Sender must do is checked by
// [TestSender]; run both.
func TestHost(t *testing.T, start func(t *testing.T, h tyg.Handler) Subject) {
	t.Helper()
	t.Run("connect", func(t *testing.T) { runCases(t, start, connectCases()) })
	t.Run("open", func(t *testing.T) { runCases(t, start, openCases()) })
	t.Run("request", func(t *testing.T) { runCases(t, start, requestCases()) })
	t.Run("event", func(t *testing.T) { runCases(t, start, eventCases()) })
	t.Run("message", func(t *testing.T) { runCases(t, start, messageCases()) })
	t.Run("type", func(t *testing.T) { runCases(t, start, typeCases()) })
	t.Run("failure", func(t *testing.T) { runCases(t, start, failureCases()) })
	t.Run("route", func(t *testing.T) { runCases(t, start, routeCases()) })
	t.Run("disconnect", func(t *testing.T) { runCases(t, start, disconnectCases()) })
	t.Run("send", func(t *testing.T) { runCases(t, start, handlerSendCases()) })
}

// TestSender checks that a sender keeps what [tyg.Sender] promises, for connections of the host
// that start starts. It is like [TestHost] in everything else.
func TestSender(t *testing.T, start func(t *testing.T, h tyg.Handler) Subject) {
	t.Helper()
	t.Run("send", func(t *testing.T) { runCases(t, start, sendCases()) })
	t.Run("refuse", func(t *testing.T) { runCases(t, start, refuseCases()) })
	t.Run("many", func(t *testing.T) { runCases(t, start, manyCases()) })
	t.Run("close", func(t *testing.T) { runCases(t, start, closeCases()) })
	t.Run("info", func(t *testing.T) { runCases(t, start, infoCases()) })
}
