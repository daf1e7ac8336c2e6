package application

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy"
)

func triggering(names ...string) tyg.Description {
	d := describing("$default")
	d.Triggers = names
	return d
}

func TestTriggersAreFunctions(t *testing.T) {
	app := mustApplication(t, `{
		"single_function": true,
		"triggers": {"jobs": {"sqs": "q", "batch_size": 5}, "hook": {"http": "public"}},
		"lambda_functions": {"jobs": {"lambda_timeout": 300}}
	}`, triggering("hook", "jobs"))
	var names []string
	for _, fn := range app.Functions {
		names = append(names, fn.LogicalName)
	}
	if got := strings.Join(names, " "); got != "websocket hook jobs" {
		t.Errorf("the functions are %s", got)
	}
	if got := app.Functions[2].Timeout; got != 300 {
		t.Errorf("jobs may run for %d s, want 300", got)
	}
	want := []deploy.Trigger{
		{Name: "hook", Source: "http", Public: true, Window: -1},
		{Name: "jobs", Source: "sqs", From: "q", BatchSize: 5, Window: -1},
	}
	if len(app.Triggers) != 2 || app.Triggers[0] != want[0] || app.Triggers[1] != want[1] {
		t.Errorf("the triggers are %+v, want %+v", app.Triggers, want)
	}
	if got := app.Environment(app.Functions[2], "")["TYG_TRIGGER"]; got != "jobs" {
		t.Errorf("TYG_TRIGGER is %q", got)
	}
	if _, ok := app.Environment(app.Functions[0], "")["TYG_TRIGGER"]; ok {
		t.Error("the function of the sockets has a trigger")
	}
}

func TestTriggersOfOneSide(t *testing.T) {
	for _, tt := range []struct {
		config      string
		description tyg.Description
		want        string
	}{
		{`{"triggers": {"job": {"sqs": "q"}}}`, triggering("jobs"), `did you mean "jobs"?`},
		{`{"triggers": {"job": {"sqs": "q"}}}`, triggering(), `app.OnTrigger("job", …)`},
		{`{}`, triggering("jobs"), `"triggers": {"jobs": {"sqs": "name"}}`},
	} {
		_, err := applicationOf(t, tt.config, tt.description, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.config, err, tt.want)
		}
	}
}
