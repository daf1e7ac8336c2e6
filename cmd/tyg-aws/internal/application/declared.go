package application

import (
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// Declared returns what is known of an application without its program: its names, and the tables,
// the triggers and the custom domain name of the configuration. That is enough to find on AWS what
// it has.
func Declared(c project.Config, stage, name string) deploy.Application {
	b := Blueprint{Config: c, Stage: stage}
	s := c.At(stage)
	app := deploy.Application{
		Name: name, Stage: stage, API: b.api(s), Releases: valueOr(s.Releases, keptReleases),
	}
	all, err := tables(s, app.Prefix())
	if err != nil {
		all = nil // deploy reports the error
	}
	app.Triggers = triggers(s, slices.Sorted(maps.Keys(s.Triggers)))
	app.Tables = append(all, tableOfGroups(app.Prefix()))
	return app
}
