package tygtest_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

func startHost(t *testing.T, h tyg.Handler) tygtest.Subject {
	return tygtest.NewSubject(t, tygtest.NewHost(t, h))
}

func TestHostSuite(t *testing.T)   { tygtest.TestHost(t, startHost) }
func TestSenderSuite(t *testing.T) { tygtest.TestSender(t, startHost) }
