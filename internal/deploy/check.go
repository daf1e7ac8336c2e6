package deploy

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Check finds what AWS would refuse of an application, before anything is done: all of it, each with the
// key of the configuration that is to be changed.
func Check(app Application) error {
	c := new(spec.Checker)
	c.Application(app)
	for _, k := range kinds(aws.Config{}) {
		if k.Check != nil {
			k.Check(c, app)
		}
	}
	return c.Err()
}
