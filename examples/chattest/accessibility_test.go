//go:build !tyg.lambda

package chattest

import (
	"os"
	"strconv"
	"testing"

	"github.com/tyg-dev/tyg/internal/browsertest"
)

// axeVariable names the file axe.min.js of the npm package axe-core, of Deque, which checks pages
// against WCAG.
const axeVariable = "TYG_TEST_AXE"

// TestAccessibilityInBrowser has axe-core look at the page in its states, sizes and colours.
func TestAccessibilityInBrowser(t *testing.T) {
	if os.Getenv(axeVariable) == "" {
		t.Skipf("axe-core has not checked the page: %s is not set", axeVariable)
	}
	source, err := os.ReadFile(os.Getenv(axeVariable))
	if err != nil {
		t.Fatal(err)
	}
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newPagedChat())
	john, jenny := &person{t, browser.Open(server.URL)}, &person{t, browser.Open(server.URL)}
	jenny.Wait(`document.body?.classList.contains("online")`)
	jenny.Inject(string(source))
	checkAxe(t, jenny, "start")
	john.enter("John", "tyg")
	jenny.submit("nickname", "Jenny")
	jenny.Wait(`document.querySelector("#rooms button") !== null`)
	checkAxe(t, jenny, "lobby")
	jenny.submit("room", "tyg")
	john.submit("line", "hello")
	john.submit("line", "/msg Jenny psst")
	jenny.sees("psst")
	jenny.submit("line", "/me waves")
	jenny.submit("line", "/help")
	jenny.Wait(`document.querySelector(".notice") !== null`)
	checkAxe(t, jenny, "room")
	jenny.Eval(`document.getElementById("show-members").click()`)
	checkAxe(t, jenny, "members")
	jenny.Eval(`document.getElementById("me").click()`)
	checkAxe(t, jenny, "rename")
	jenny.Eval(`document.getElementById("rename-cancel").click()`)
	server.Stop()
	jenny.Wait(`document.getElementById("link-text").textContent.startsWith("Not connected")`)
	checkAxe(t, jenny, "offline")
}

func checkAxe(t *testing.T, p *person, state string) {
	t.Helper()
	for name, look := range browsertest.Looks() {
		p.Show(look)
		p.Inject(`window.found = undefined; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", ` +
			`"wcag22aa", "best-practice"] }).then((r) => { window.found = r; })`)
		p.Wait(`window.found !== undefined`)
		bad := p.Eval(`window.found.violations.map((v) => v.id + ": " + v.help + " " + ` +
			`v.nodes.map((n) => n.html.slice(0, 150) + n.any.map((a) => a.message)).join(" ")).join("\n")`)
		if bad != "" {
			t.Errorf("%s, %s:\n%s", state, name, bad)
		}
		if n, _ := strconv.Atoi(p.Eval(`window.found.passes.length`)); n < 15 {
			t.Errorf("%s, %s: only %d rules have passed", state, name, n)
		}
	}
}
