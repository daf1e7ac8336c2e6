package main

import (
	"fmt"
	"testing"

	"github.com/tyg-dev/tyg/tygtest"
)

func TestCounter(t *testing.T) {
	host := tygtest.NewHost(t, newApp())
	clients := []*tygtest.Client{host.Dial(), host.Dial(), host.Dial()}
	for _, c := range clients {
		c.Expect("0")
	}
	for n := 1; n <= 15; n++ {
		clients[n%3].Send("press")
		for _, c := range clients {
			c.Expect(fmt.Sprint(n))
		}
	}
	late := host.Dial()
	late.Expect("15")
}
