package deploy

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A Claim is an existing resource that has a name of an application and not its tag.
type Claim = plan.Claim

// Claims returns the functions, roles and APIs of AWS that have names of an application and not its
// tag: those of another deployer. It needs the application's Name and Stage, and changes nothing.
func (c *Cloud) Claims(ctx context.Context, app Application) ([]Claim, error) {
	var all []Claim
	for _, k := range c.kinds {
		if k.Claims == nil {
			continue
		}
		claims, err := k.Claims(ctx, app, c.Account)
		if err != nil {
			return nil, fmt.Errorf("look up existing resources: %w", awserr.Explain(err, c.Account))
		}
		all = append(all, claims...)
	}
	return all, nil
}

// Take gives resources the tag of the application. It may be done again after a failure.
func (c *Cloud) Take(ctx context.Context, claims []Claim, progress func(line string)) error {
	for _, claim := range claims {
		progress(fmt.Sprintf("Taking over %s: %s", claim.Type, claim.Name))
		if err := claim.Take(ctx); err != nil {
			return fmt.Errorf("take over %s %s: %w", claim.Type, claim.Name,
				awserr.Explain(err, c.Account))
		}
	}
	return nil
}
