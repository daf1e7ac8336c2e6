package conformance

import "time"

// An Outcome is what came of a case.
type Outcome uint8

// The outcomes. A case that is judged is Passed or Failed, any other Noted; and each may be NotRun.
const (
	Passed Outcome = iota
	Failed
	Noted
	NotRun
)

// String returns "pass", "FAIL", "noted" or "not run".
func (o Outcome) String() string {
	return [...]string{Passed: "pass", Failed: "FAIL", Noted: "noted", NotRun: "not run"}[o]
}

// A Result is what came of one case.
type Result struct {
	Case
	Outcome Outcome
	Detail  string // why it failed, what was seen, or why it was not run
	Took    time.Duration
}

// A Report is what came of a run. Results are in the order of [Cases].
type Report struct {
	URL       string // that was checked
	Command   string // by which the run can be repeated, if anybody has set it
	TimeScale float64
	Started   time.Time
	Took      time.Duration
	Results   []Result
}

// Count returns how many cases had an outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == o {
			n++
		}
	}
	return n
}

// OK reports whether at least one case was judged and none has failed. Cases that were not run
// do not count: see [Report.Count].
func (r *Report) OK() bool { return r.Count(Failed) == 0 && r.Count(Passed) > 0 }
