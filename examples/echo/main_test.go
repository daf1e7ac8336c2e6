package main

import (
	"testing"

	"github.com/tyg-dev/tyg/tygtest"
)

func TestEcho(t *testing.T) {
	host := tygtest.NewHost(t, newApp())
	client := host.Dial()
	client.Send("foo bar baz")
	client.Expect("foo bar baz")
}
