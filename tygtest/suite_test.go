package tygtest_test

import (
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

func startHost(t *testing.T, h tyg.Handler) tygtest.Subject {
	return tygtest.NewSubject(t, tygtest.NewHost(t, h))
}

func startBinaryHost(t *testing.T, h tyg.Handler) tygtest.Subject {
	host := tygtest.NewHost(t, h)
	host.Binary = true
	return tygtest.NewSubject(t, host)
}

func TestHostSuite(t *testing.T)   { tygtest.TestHost(t, startHost) }
func TestBinarySuite(t *testing.T) { tygtest.TestHost(t, startBinaryHost) }
func TestGroupSuite(t *testing.T)  { tygtest.TestGroups(t, startHost) }
func TestSenderSuite(t *testing.T) { tygtest.TestSender(t, startHost) }
