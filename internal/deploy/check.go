package deploy

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Check returns everything that AWS would refuse of an application, each with the key of the
// configuration to change. It does not call AWS.
func Check(app Application) error {
	c := new(spec.Checker)
	c.Application(app)
	c.Triggers(app)
	for _, k := range kinds(aws.Config{}, nil) {
		if k.Check != nil {
			k.Check(c, app)
		}
	}
	return c.Err()
}
