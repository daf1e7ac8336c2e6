package deploy

import "github.com/tyg-dev/tyg/internal/deploy/spec"

// A checker checks one kind of resource.
type checker struct{ *spec.Checker }

// Check finds what AWS would refuse of an application, before anything is done: all of it, each with the
// key of the configuration that is to be changed.
func Check(app Application) error {
	c := checker{new(spec.Checker)}
	c.Application(app)
	for _, k := range kinds() {
		if k.check != nil {
			k.check(c, app)
		}
	}
	return c.Err()
}
