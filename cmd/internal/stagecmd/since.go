package stagecmd

import (
	"errors"
	"regexp"
	"strconv"
	"time"
)

// ParseSince parses the value of --since: a duration before now, or a time. Empty text is the zero
// time.
func ParseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, ok := parseAgo(text); ok {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("use 90s, 10m, 2h, 3d, 1w, 2026-01-31 or 2026-01-31T12:00:00Z")
}

// parseAgo parses a number and a unit, up to a century.
func parseAgo(text string) (time.Duration, bool) {
	m := regexp.MustCompile(`^([0-9]{1,10})([smhdw])$`).FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]time.Duration{
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}[m[2]]
	const century = 100 * 365 * 24 * time.Hour
	if err != nil || n > int64(century/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
