package conformance_test

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance"
)

func sample() *conformance.Report {
	c := func(id, section string, judged bool) conformance.Case {
		return conformance.Case{ID: id, Section: section, Title: "what | happens", Judged: judged}
	}
	return &conformance.Report{
		URL: "wss://example.com/api", Command: "tyg conformance --self", TimeScale: 600,
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Took: 1500 * time.Millisecond,
		Results: []conformance.Result{
			{Case: c("a/good", "1.1", true), Outcome: conformance.Passed, Took: 2 * time.Millisecond},
			{Case: c("a/bad", "1.1", true), Outcome: conformance.Failed, Detail: "got 1,\nwant <2>"},
			{Case: c("b/odd", "RFC 6455 5.2", false), Outcome: conformance.Noted, Detail: "3"},
			{Case: c("b/late", "6.1", true), Outcome: conformance.NotRun, Detail: "it takes 2h0m0s"},
		},
	}
}

func TestWriteTable(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	const want = `pass     a/good  1.1           what | happens
FAIL     a/bad   1.1           what | happens
noted    b/odd   RFC 6455 5.2  what | happens
not run  b/late  6.1           what | happens

NOTED
  b/odd (RFC 6455 5.2): what | happens
    3

NOT RUN
  b/late (section 6.1): what | happens
    it takes 2h0m0s

FAIL
  a/bad (section 1.1): what | happens
    got 1,
    want <2>

4 cases: 1 passed, 1 failed, 1 noted, 1 not run, in 1.5s
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWriteMarkdown(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"- Date: 2026-01-02\n- Command: `tyg conformance --self`\n",
		"\n## 1.1 Address\n\n[Source](https://docs.aws.amazon.com/",
		`| a/bad | what \| happens | FAIL: got 1, want &lt;2> |`,
		`| b/late | what \| happens | not run: it takes 2h0m0s |`,
		"## Not known of API Gateway\n\n| Case | Question | This endpoint |\n|---|---|---|\n| b/odd |",
		"4 cases: 1 passed, 1 failed, 1 noted, 1 not run.",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestWriteJSON(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		URL                           string
		Passed, Failed, Noted, NotRun int
		Cases                         []struct{ ID, Section, Outcome, Detail string }
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	counts := []int{got.Passed, got.Failed, got.Noted, got.NotRun}
	if got.URL != "wss://example.com/api" || !slices.Equal(counts, []int{1, 1, 1, 1}) {
		t.Errorf("got %+v", got)
	}
	if c := got.Cases[1]; c.ID != "a/bad" || c.Outcome != "fail" || c.Detail != "got 1,\nwant <2>" {
		t.Errorf("second case is %+v", c)
	}
}

func TestReportIsOKWithoutFailures(t *testing.T) {
	r := sample()
	if r.OK() {
		t.Error("a report with a failure is OK")
	}
	r.Results[1].Outcome = conformance.Passed
	if !r.OK() {
		t.Error("a report without failures is not OK")
	}
	r.Results = r.Results[2:]
	if r.OK() {
		t.Error("a report in which nothing was judged is OK")
	}
}

// TestCasesAreWellFormed checks the list of cases.
func TestCasesAreWellFormed(t *testing.T) {
	sections := make(map[string]bool)
	for _, s := range conformance.Sections() {
		sections[s.Key] = true
	}
	form := regexp.MustCompile(`^[a-z0-9]+/[A-Za-z0-9.-]+$`)
	seen := make(map[string]bool)
	for _, c := range conformance.Cases() {
		if !form.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("ID %q is malformed or used twice", c.ID)
		}
		seen[c.ID] = true
		if !sections[c.Section] {
			t.Errorf("%s is of section %q, which does not exist", c.ID, c.Section)
		}
		if c.Title == "" || strings.HasPrefix(c.ID, "unknown/") == c.Judged {
			t.Errorf("%s has the title %q and Judged is %v", c.ID, c.Title, c.Judged)
		}
	}
}

// TestPageListsEveryCase checks that docs/conformance.md is as new as the list of cases.
func TestPageListsEveryCase(t *testing.T) {
	page, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	const again = "go run ./cmd/tyg conformance --self --format markdown > docs/conformance.md"
	rows := make(map[string]bool)
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			rows[strings.TrimSpace(cells[1])] = true
		}
	}
	for _, c := range conformance.Cases() {
		if !rows[c.ID] {
			t.Errorf("docs/conformance.md lacks %s; run: %s", c.ID, again)
		}
	}
	if strings.Contains(string(page), "FAIL") || strings.Contains(string(page), "| not run") {
		t.Errorf("docs/conformance.md has cases that failed or were not run; run: %s", again)
	}
}

func TestRunRefusesBadTargets(t *testing.T) {
	target := func(url string) conformance.Target {
		return conformance.Target{Endpoint: conformance.Endpoint{URL: url}}
	}
	management := target("ws://127.0.0.1:1/api")
	management.Management = "ws://127.0.0.1:1"
	bare := target("ws://127.0.0.1:1/api")
	bare.Bare = "/api"
	negative := target("ws://127.0.0.1:1/api")
	negative.TimeScale = -1
	tests := map[string]struct {
		target conformance.Target
		filter string
		want   string
	}{
		"no URL":         {target(""), "", `URL "": want ws://`},
		"bad scheme":     {target("ftp://example.com"), "", `want ws://`},
		"bad URL":        {target("ws://a b"), "", "parse URL"},
		"query":          {target("ws://127.0.0.1:1/api?a=b"), "", "nothing more"},
		"bad management": {management, "", `management URL "ws://127.0.0.1:1": want https://`},
		"bad bare":       {bare, "", `URL "/api": want ws://`},
		"bad scale":      {negative, "", "time scale -1"},
		"no such case": {
			target("ws://127.0.0.1:1/api"), "nonsense/",
			`no case begins with "nonsense/"`,
		},
		"no server": {
			target("ws://127.0.0.1:1/api"), "",
			"there is no probe at ws://127.0.0.1:1/api: connect",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := conformance.Run(t.Context(), test.target, test.filter)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

// TestRunEndsWithItsContext cancels the context of a run.
func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := conformance.Run(ctx, conformance.Target{
		Endpoint: conformance.Endpoint{URL: "ws://127.0.0.1:1/api"},
	}, "")
	if err == nil {
		t.Error("a run without time succeeds")
	}
}
