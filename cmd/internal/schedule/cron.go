package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A cron is the six fields of an expression. The day is that of the month or that of the week; the
// other field is "?".
type cron struct {
	minutes, hours, months, years []bool
	day                           func(time.Time) bool
}

// lastYear is the last year of a schedule.
const lastYear = 2199

var errFields = errors.New("it needs six fields: minutes, hours, day of month, month, " +
	"day of week, year, and one of the two days is ?")

func parseCron(text string) (*cron, error) {
	f := strings.Fields(text)
	if len(f) != 6 || (f[2] == "?") == (f[4] == "?") {
		return nil, errFields
	}
	c := new(cron)
	var errs []error
	set := func(what, text string, low, high int, names ...string) []bool {
		s, err := parseSet(text, low, high, names)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", what, text, err))
		}
		return s
	}
	c.minutes, c.hours = set("minutes", f[0], 0, 59), set("hours", f[1], 0, 23)
	c.months = set("month", f[3], 1, 12, "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG",
		"SEP", "OCT", "NOV", "DEC")
	c.years = set("year", f[5], 1970, lastYear)
	var err error
	if f[4] == "?" {
		c.day, err = parseDay(f[2])
	} else {
		c.day, err = parseWeekday(f[4])
	}
	return c, errors.Join(append(errs, err)...)
}

// parseSet reads a list of numbers, names, ranges and steps. The result has an entry for each
// number up to high.
func parseSet(text string, low, high int, names []string) ([]bool, error) {
	set := make([]bool, high+1)
	number := func(s string) (int, error) {
		if i := slices.Index(names, strings.ToUpper(s)); i >= 0 {
			return low + i, nil
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("%q is not one of %d to %d", s, low, high)
		}
		return n, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		part, stepText, stepped := strings.Cut(part, "/")
		from, to, step := low, high, 1
		var err error
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("the step %q is no number above 0", stepText)
			}
		}
		if part != "*" {
			first, last, ranged := strings.Cut(part, "-")
			if from, err = number(first); err != nil {
				return nil, err
			}
			switch {
			case ranged:
				if to, err = number(last); err != nil {
					return nil, err
				}
			case !stepped:
				to = from
			}
		}
		if from > to {
			return nil, fmt.Errorf("%q ends before it begins", part)
		}
		for n := from; n <= to; n += step {
			set[n] = true
		}
	}
	return set, nil
}

// parseDay reads a day of the month: a set, L for the last, or 15W for the weekday nearest to it.
func parseDay(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(t time.Time) bool { return t.Day() == lastDay(t) }, nil
	}
	if near, ok := strings.CutSuffix(text, "W"); ok {
		n, err := strconv.Atoi(near)
		if err != nil || n < 1 || n > 31 {
			return nil, fmt.Errorf("day of month %q: W follows a day from 1 to 31", text)
		}
		return func(t time.Time) bool { return n <= lastDay(t) && t.Day() == nearestWeekday(t, n) }, nil
	}
	set, err := parseSet(text, 1, 31, nil)
	if err != nil {
		return nil, fmt.Errorf("day of month %q: %w", text, err)
	}
	return func(t time.Time) bool { return set[t.Day()] }, nil
}

// nearestWeekday returns the day from Monday to Friday that is nearest to a day, in its month.
func nearestWeekday(t time.Time, day int) int {
	switch time.Date(t.Year(), t.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == lastDay(t) {
			return day - 2
		}
		return day + 1
	}
	return day
}

func lastDay(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// parseWeekday reads a day of the week, of which 1 is Sunday: a set, L for Saturday, 6L for the
// last Friday of the month, or 3#2 for its second Tuesday.
func parseWeekday(text string) (func(time.Time) bool, error) {
	fail := func(err error) (func(time.Time) bool, error) {
		return nil, fmt.Errorf("day of week %q: %w", text, err)
	}
	names := []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	day, nth, counted := strings.Cut(text, "#")
	last := strings.HasSuffix(day, "L") && !slices.Contains(names, day)
	day = strings.TrimSuffix(day, "L")
	if last && day == "" {
		day, last = "7", false
	}
	set, err := parseSet(day, 1, 7, names)
	if err != nil {
		return fail(err)
	}
	n := 0
	if counted {
		if n, err = strconv.Atoi(nth); err != nil || n < 1 || n > 5 || last {
			return fail(errors.New("# is followed by a number from 1 to 5"))
		}
	}
	return func(t time.Time) bool {
		switch {
		case !set[int(t.Weekday())+1]:
			return false
		case last:
			return t.Day()+7 > lastDay(t)
		}
		return n == 0 || (t.Day()-1)/7+1 == n
	}, nil
}

// next returns the first time after another one, the zero time if there is none.
func (c *cron) next(after time.Time) time.Time {
	t := after.Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= lastYear {
		year, month, day := t.Date()
		switch {
		case !c.years[year]:
			t = time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
		case !c.months[month]:
			t = time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.day(t):
			t = time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
		case !c.hours[t.Hour()]:
			t = time.Date(year, month, day, t.Hour()+1, 0, 0, 0, time.UTC)
		case !c.minutes[t.Minute()]:
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}
