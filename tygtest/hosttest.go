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
	t.Run("connect", func(t *testing.T) { keep(t, start, connectPromises()) })
	t.Run("open", func(t *testing.T) { keep(t, start, openPromises()) })
	t.Run("request", func(t *testing.T) { keep(t, start, requestPromises()) })
	t.Run("event", func(t *testing.T) { keep(t, start, eventPromises()) })
	t.Run("message", func(t *testing.T) { keep(t, start, messagePromises()) })
	t.Run("type", func(t *testing.T) { keep(t, start, typePromises()) })
	t.Run("failure", func(t *testing.T) { keep(t, start, failurePromises()) })
	t.Run("route", func(t *testing.T) { keep(t, start, routePromises()) })
	t.Run("disconnect", func(t *testing.T) { keep(t, start, disconnectPromises()) })
	t.Run("send", func(t *testing.T) { keep(t, start, handlerSendPromises()) })
}

// TestSender checks that a sender keeps what [tyg.Sender] promises, for connections of the host
// that start starts. It is like [TestHost] in everything else.
func TestSender(t *testing.T, start func(t *testing.T, h tyg.Handler) Subject) {
	t.Helper()
	t.Run("send", func(t *testing.T) { keep(t, start, sendPromises()) })
	t.Run("refuse", func(t *testing.T) { keep(t, start, refusePromises()) })
	t.Run("many", func(t *testing.T) { keep(t, start, manyPromises()) })
	t.Run("close", func(t *testing.T) { keep(t, start, closePromises()) })
	t.Run("info", func(t *testing.T) { keep(t, start, infoPromises()) })
}
