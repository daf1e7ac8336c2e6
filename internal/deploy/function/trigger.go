package function

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// foundTriggers is what leads from sources to functions, by the names of triggers.
type foundTriggers struct {
	mappings map[string]*foundMapping
	urls     map[string]*foundURL
}

// findTriggers looks for the mappings and the URLs of the triggers.
func (c client) findTriggers(
	ctx context.Context, app spec.Application,
) (found foundTriggers, err error) {
	found = foundTriggers{make(map[string]*foundMapping), make(map[string]*foundURL)}
	for _, t := range app.Triggers {
		name := app.FunctionName(t.Name)
		switch {
		case t.Batched() && t.From == "": // of a stream that does not exist yet
		case t.Batched():
			found.mappings[t.Name], err = c.findMapping(ctx, t.From, name)
		case t.Source == spec.HTTP:
			found.urls[t.Name], err = c.findURL(ctx, app, name)
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}
