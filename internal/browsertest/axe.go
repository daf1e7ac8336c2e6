package browsertest

import (
	"os"
	"strconv"
	"testing"
)

// AxeVariable names the file axe.min.js of the npm package axe-core, of Deque, which checks pages
// against WCAG.
const AxeVariable = "TYG_TEST_AXE"

// Axe reads axe-core. It skips the test if [AxeVariable] is not set.
func Axe(t testing.TB) (source string) {
	t.Helper()
	file := os.Getenv(AxeVariable)
	if file == "" {
		t.Skipf("axe-core has not checked the page: %s is not set", AxeVariable)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// CheckAccess has axe-core, which was injected into the page, look at the page in all [Looks]. It
// reports what axe-core finds as errors of a state of the page.
func (p *Page) CheckAccess(state string) {
	p.b.t.Helper()
	for name, look := range Looks() {
		p.Show(look)
		p.Inject(`window.found = undefined; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", ` +
			`"wcag22aa", "best-practice"] }).then((r) => { window.found = r; })`)
		p.Wait(`window.found !== undefined`)
		bad := p.Eval(`window.found.violations.map((v) => v.id + ": " + v.help + " " + ` +
			`v.nodes.map((n) => n.html.slice(0, 150) + n.any.map((a) => a.message)).join(" ")).join("\n")`)
		if bad != "" {
			p.b.t.Errorf("%s, %s:\n%s", state, name, bad)
		}
		if n, _ := strconv.Atoi(p.Eval(`window.found.passes.length`)); n < 15 {
			p.b.t.Errorf("%s, %s: only %d rules have passed", state, name, n)
		}
	}
}
