package plan

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Run carries out steps, one after the other.
type Run struct {
	Waiter
	App      spec.Application
	Account  spec.Account
	State    State
	Store    Store
	Progress func(line string)
	IDs      IDs
}

// IDs are the ids that AWS chooses. A step that creates a resource adds its id for later steps.
type IDs struct {
	API          string
	Roles        map[string]string // ARN by the logical name of the role
	Integrations map[string]string // by the logical name of the function
	Versions     map[string]string // that this run has published, by the logical name of the function
	Authorizer   string
	Called       []string // logical names of the functions that the API calls, also of other plans
	InVPC        []string // logical names of the functions that have network interfaces in a VPC
	Deployment   string
	Streams      map[string]string // ARN by the name of the table, of streams that this run has made

	Certificate string // ARN of the certificate that the application requests
	// Issues means that the certificate is issued, or will be when its record is written.
	Issues bool
	// What an alias record of the custom domain name leads to.
	DomainZone, DomainTarget string
	// DomainStays means that the custom domain name is not deleted, because other APIs use it, and
	// CertificateStays that it has the certificate of the application.
	DomainStays, CertificateStays bool
}

// Apply carries out steps, and writes the state file before and after each.
func (r *Run) Apply(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(ctx, s); err != nil {
			return fmt.Errorf("%v: %w", s, awserr.Explain(err, r.Account))
		}
	}
	return nil
}

// Save writes the state as it is.
func (r *Run) Save(ctx context.Context) error { return r.State.write(ctx, r.Store) }

func (r *Run) step(ctx context.Context, s Step) error {
	if s.Line != "" {
		r.Progress(s.Line)
	}
	if err := r.before(ctx, s); err != nil {
		return err
	}
	res := s.Resource
	if err := s.Do(ctx, r, &res); err != nil {
		return err
	}
	return r.after(ctx, s.Action, res)
}

// before records what is about to be created, so that a later run finds it if this one dies.
func (r *Run) before(ctx context.Context, s Step) error {
	if s.Resource.Name == "" || s.Action != Create {
		return nil
	}
	pending := s.Resource
	pending.Pending = true
	r.State.Put(pending)
	return r.State.write(ctx, r.Store)
}

func (r *Run) after(ctx context.Context, action Action, res Resource) error {
	if res.Name == "" {
		return nil
	}
	if action == Delete {
		r.State.remove(res.Type, res.Name)
	} else {
		res.Pending = false
		r.State.Put(res)
	}
	return r.State.write(ctx, r.Store)
}
