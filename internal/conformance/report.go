package conformance

import "time"

// An Outcome is the result of a case in one word.
type Outcome uint8

// The outcomes. A judged case is Passed or Failed, any other case is Noted, and each may be NotRun.
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

// A Result is the result of one case.
type Result struct {
	Case
	Outcome Outcome
	Detail  string // why it failed, what was seen, or why it was not run
	Took    time.Duration
}

// A Report has the results of a run. Results are in the order of [Cases].
type Report struct {
	URL       string // of the endpoint
	Command   string // that repeats the run; Run leaves it empty
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
