package main

import (
	"testing"

	"github.com/tyg-dev/tyg/tygtest"
)

func TestHello(t *testing.T) {
	host := tygtest.NewHost(t, newApp())
	ada, bob := host.Dial(), host.Dial()
	ada.Send("hello")
	bob.Expect("hello")
}
