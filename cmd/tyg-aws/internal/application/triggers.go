package application

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// checkTriggers reports triggers that only the configuration or only the program has.
func (b *Blueprint) checkTriggers(s project.StageConfig) error {
	known := b.Description.Triggers
	for _, name := range slices.Sorted(maps.Keys(s.Triggers)) {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			return fmt.Errorf("%s: triggers.%s: the program has no handlers of triggers; register one "+
				"with app.OnTrigger(%q, …)", project.ConfigPath, name, name)
		default:
			return fmt.Errorf("%s: triggers.%s: the program has no handler for it%s; it has %s",
				project.ConfigPath, name, strict.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	for _, name := range known {
		if _, ok := s.Triggers[name]; !ok {
			return fmt.Errorf("%s: the program has a handler for trigger %q, and \"triggers\" does not "+
				`say where its events come from, such as "triggers": {%[2]q: {"sqs": "name"}}`,
				project.ConfigPath, name)
		}
	}
	return nil
}

// triggers returns the triggers of these names, in their order.
func triggers(s project.StageConfig, names []string) []deploy.Trigger {
	var all []deploy.Trigger
	for _, name := range names {
		t := s.Triggers[name]
		source, from := t.Source()
		out := deploy.Trigger{
			Name: name, Source: deploy.TriggerSource(source), From: from, Filter: t.Pattern(),
			BatchSize: t.BatchSize, Window: valueOr(t.Window, -1), Concurrency: t.Concurrency,
			Oldest: t.Start == "TRIM_HORIZON", Public: t.HTTP == "public",
		}
		if source == "http" {
			out.From = ""
		}
		all = append(all, out)
	}
	return all
}
