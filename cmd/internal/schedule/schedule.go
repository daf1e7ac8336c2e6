// Package schedule knows the times of EventBridge's schedules: rate(5 minutes) and
// cron(0 3 * * ? *), in UTC.
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html)
package schedule

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Schedule is a list of times without end.
type Schedule struct {
	every time.Duration // of rate; 0 for cron
	cron  *cron
}

var ratePattern = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)(s?)\)$`)

// Parse reads an expression.
func Parse(text string) (Schedule, error) {
	if fields, ok := strings.CutPrefix(text, "cron("); ok && strings.HasSuffix(fields, ")") {
		c, err := parseCron(strings.TrimSuffix(fields, ")"))
		if err != nil {
			return Schedule{}, fmt.Errorf("schedule %q: %w", text, err)
		}
		return Schedule{cron: c}, nil
	}
	m := ratePattern.FindStringSubmatch(text)
	if m == nil {
		return Schedule{}, fmt.Errorf(
			"schedule %q is neither rate(5 minutes) nor cron(0 3 * * ? *)", text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > 1_000_000 || (n == 1) != (m[3] == "") {
		return Schedule{}, fmt.Errorf("schedule %q: write rate(1 minute) or rate(2 minutes)", text)
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	return Schedule{every: time.Duration(n) * unit[m[2]]}, nil
}

// Next returns the first time after another one, and the zero time if there is none. Those of a
// rate are counted from its start.
func (s Schedule) Next(start, after time.Time) time.Time {
	if s.cron != nil {
		return s.cron.next(after.UTC())
	}
	n := after.Sub(start)/s.every + 1
	if after.Before(start) {
		n = 1
	}
	return start.Add(n * s.every)
}
