package local

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/schedule"
	"github.com/tyg-dev/tyg/internal/functions"
)

func TestTicksAtTheTimesOfASchedule(t *testing.T) {
	for text, want := range map[string]string{
		"rate(20 minutes)":      "00:20 00:40 01:00 01:20",
		"cron(30 * * * ? *)":    "00:30 01:30",
		"cron(0 0 1 1 ? 2000)":  "00:00",
		"cron(0 0 31 2 ? 2000)": "",
	} {
		synctest.Test(t, func(t *testing.T) { // which begins at midnight of 1 Jan 2000
			if strings.HasPrefix(text, "cron(0 0 1 1") {
				want = "" // it was then
			}
			plan, err := schedule.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Minute-time.Second)
			defer cancel()
			var got []string
			tick(ctx, plan, func(at time.Time) {
				if !at.Equal(time.Now()) {
					t.Errorf("%s: fired at %v for %v", text, time.Now(), at)
				}
				got = append(got, at.UTC().Format("15:04"))
			})
			if text := strings.Join(got, " "); text != want {
				t.Errorf("fired at %s, want %s", text, want)
			}
		})
	}
}

// After a machine has slept, the ticks that it missed are not made up for.
func TestTicksAfterASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan, err := schedule.Parse("rate(1 minute)")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		n := 0
		tick(ctx, plan, func(time.Time) {
			if n++; n == 1 {
				time.Sleep(50 * time.Minute)
			}
		})
		if n < 9 || n > 11 {
			t.Errorf("fired %d times, want about 10", n)
		}
	})
}

func TestTriggersAreFunctionsOfTheProgram(t *testing.T) {
	c, err := project.ParseConfig([]byte(`{
		"environment_variables": {"A": "1", "B": "1"},
		"triggers": {"jobs": {"sqs": "q"}},
		"lambda_functions": {"jobs": {"lambda_timeout": 300, "environment_variables": {"B": "2"}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(c, t.TempDir(), "dev")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{cfg: Config{Environ: []string{"A=user"}}}
	program := functions.Function{
		Name: "app", Command: []string{"app"}, Env: map[string]string{"TYG_NATS_URL": "nats://x"},
	}
	all := s.triggerFunctions(plan, program, []string{"jobs", "other"})
	if len(all) != 2 || all[0].Name != "jobs" || all[0].Timeout != 300*time.Second ||
		!slices.Equal(all[0].Command, program.Command) {
		t.Fatalf("the functions are %+v", all)
	}
	env := all[0].Env
	if env["TYG_TRIGGER"] != "jobs" || env["B"] != "2" || env["A"] != "" ||
		env["TYG_NATS_URL"] != "nats://x" || all[1].Env["TYG_TRIGGER"] != "other" {
		t.Errorf("the variables are %v and %v", env, all[1].Env)
	}
	if program.Env["TYG_TRIGGER"] != "" {
		t.Error("the program's own function has a trigger")
	}
}
