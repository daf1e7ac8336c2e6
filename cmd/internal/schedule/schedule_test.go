package schedule

import (
	"testing"
	"time"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The examples of AWS's documentation, and the corners. 30 Nov 2026 is a Monday.
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html)
func TestNext(t *testing.T) {
	for _, tt := range []struct{ text, after, want string }{
		{"rate(5 minutes)", "2026-11-30 12:00:30", "2026-11-30 12:05:00"},
		{"rate(5 minutes)", "2026-11-30 12:05:00", "2026-11-30 12:10:00"},
		{"rate(1 hour)", "2026-11-30 11:00:00", "2026-11-30 13:00:00"}, // before the start
		{"rate(1 day)", "2026-11-30 12:00:00", "2026-12-01 12:00:00"},
		{"cron(0 10 * * ? *)", "2026-11-30 10:00:00", "2026-12-01 10:00:00"},
		{"cron(15 12 * * ? *)", "2026-11-30 12:14:59", "2026-11-30 12:15:00"},
		{"cron(0 18 ? * MON-FRI *)", "2026-12-04 18:00:00", "2026-12-07 18:00:00"},
		{"cron(0 8 1 * ? *)", "2026-11-30 00:00:00", "2026-12-01 08:00:00"},
		{"cron(0/15 * * * ? *)", "2026-11-30 12:46:00", "2026-11-30 13:00:00"},
		{"cron(0/10 * ? * MON-FRI *)", "2026-12-04 23:55:00", "2026-12-07 00:00:00"},
		{"cron(0/5 8-17 ? * MON-FRI *)", "2026-11-30 17:55:00", "2026-12-01 08:00:00"},
		{"cron(0 9 ? * 2#1 *)", "2026-11-30 00:00:00", "2026-12-07 09:00:00"},
		{"cron(0 9 L * ? *)", "2027-02-01 00:00:00", "2027-02-28 09:00:00"},
		{"cron(0 0 ? * L *)", "2026-11-30 00:00:00", "2026-12-05 00:00:00"},
		{"cron(0 0 ? * 6L *)", "2026-11-30 00:00:00", "2026-12-25 00:00:00"},
		{"cron(0 0 ? * SUN *)", "2026-11-30 00:00:00", "2026-12-06 00:00:00"},
		{"cron(0 0 1W * ? *)", "2026-08-01 00:00:00", "2026-08-03 00:00:00"},  // 1st is Saturday
		{"cron(0 0 31W * ? *)", "2027-01-02 00:00:00", "2027-01-29 00:00:00"}, // 31st is Sunday
		{"cron(0 0 15W * ? *)", "2026-11-01 00:00:00", "2026-11-16 00:00:00"}, // 15th is Sunday
		{"cron(0 0 29 2 ? *)", "2026-11-30 00:00:00", "2028-02-29 00:00:00"},
		{"cron(30 6 1,15 jan,JUL ? 2027-2028)", "2027-07-15 06:30:00", "2028-01-01 06:30:00"},
		{"cron(0 0 1 1 ? 2020)", "2026-11-30 00:00:00", ""},
		{"cron(0 0 31 2 ? *)", "2026-11-30 00:00:00", ""},
	} {
		s, err := Parse(tt.text)
		if err != nil {
			t.Error(err)
			continue
		}
		got := s.Next(at(t, "2026-11-30 12:00:00"), at(t, tt.after))
		var want time.Time
		if tt.want != "" {
			want = at(t, tt.want)
		}
		if !got.Equal(want) {
			t.Errorf("%s after %s is %v, want %s", tt.text, tt.after, got, tt.want)
		}
	}
}

func TestSchedulesThatCannotBe(t *testing.T) {
	for _, text := range []string{
		"", "every day", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(1 week)",
		"rate(99999999999999999999 minutes)", "cron()", "cron(0 10 * * * *)", "cron(0 10 ? * ? *)",
		"cron(60 10 * * ? *)", "cron(0 24 * * ? *)", "cron(0 0 0 * ? *)", "cron(0 0 * 13 ? *)",
		"cron(0 0 ? * 8 *)", "cron(0 0 ? * MON#6 *)", "cron(0 0 ? * MONL#1 *)", "cron(0 0 W * ? *)",
		"cron(0 0 32W * ? *)", "cron(5-1 0 * * ? *)", "cron(0/0 0 * * ? *)", "cron(0 0 * * ? 1969)",
		"cron(0 0 * * ?)", "cron(a 0 * * ? *)",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q is a schedule", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"rate(1 minute)", "cron(0/5 8-17 ? * MON-FRI *)", "cron(0 0 1W * ? *)",
	} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		if next := s.Next(now, now); !next.IsZero() && !next.After(now) {
			t.Errorf("%q after %v is %v", text, now, next)
		}
	})
}
