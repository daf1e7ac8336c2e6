package function

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A canary is newer than the live release: Lambda gives an older version events by itself.
func TestCanaryIsNewer(t *testing.T) {
	for _, test := range []struct {
		route
		live, canary int
	}{
		{route{version: "11"}, 6, 0},
		{route{"11", "12", 0.1}, 6, 7},
		{route{"12", "11", 1}, 7, 0},
		{route{version: "13"}, 0, 0}, // by hand
	} {
		r := Releases{
			Versions: []Version{
				{Number: "13"},
				{Number: "12", Release: spec.Release{Number: 7}},
				{Number: "11", Release: spec.Release{Number: 6}},
			},
			function: "f", alias: &foundAlias{name: spec.LiveAlias, route: test.route},
		}
		if got := r.Live().Release.Number; got != test.live {
			t.Errorf("%+v: live is release %d, want %d", test.route, got, test.live)
		}
		if got := r.Canary().Release.Number; got != test.canary {
			t.Errorf("%+v: the canary is release %d, want %d", test.route, got, test.canary)
		}
		step, moves := r.Move(r.Versions[2])
		if want := test.route != (route{version: "11"}); moves != want {
			t.Errorf("%+v: moving to version 11 is %v", test.route, step)
		}
		if moves && (step.Action != plan.Update || step.Changes[0].To != "release 6") {
			t.Errorf("%+v: moving to version 11 is %v %v", test.route, step, step.Changes)
		}
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0.1: "10%", 0.005: "0.5%", 1: "100%", 0.999: "99.9%"} {
		if got := Percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}
