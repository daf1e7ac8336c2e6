//go:build !tyg.lambda

package main

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/browsertest"
)

func TestPageInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newApp())
	one, two := browser.Open(server.URL), browser.Open(server.URL)
	pressBoth := func() {
		for _, page := range []*browsertest.Page{one, two} {
			page.Wait(`!press.disabled && count.textContent === "0"`)
		}
		one.Eval("press.click()")
		two.Eval("press.click()")
		one.Wait(`count.textContent === "2"`)
		two.Wait(`count.textContent === "2"`)
	}
	pressBoth()

	server.Stop()
	one.Wait("press.disabled")
	two.Wait("press.disabled")
	server.Restart(newApp())
	pressBoth()
}
