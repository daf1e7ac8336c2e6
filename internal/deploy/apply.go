package deploy

import (
	"context"
	"fmt"
)

// A run carries out steps, one after the other. What one step learns of AWS and a later one needs is in
// ids.
type run struct {
	*Cloud
	app      Application
	account  Account
	state    State
	file     string
	progress func(line string)
	ids      ids
}

// ids are the names that AWS chooses.
type ids struct {
	api          string
	roles        map[string]string // ARN by the logical name of the role
	functions    map[string]string // ARN by the logical name of the function
	integrations map[string]string // by the logical name of the function
	authorizer   string
	deployment   string
}

// apply does the steps and keeps the state file level with AWS.
func (r *run) apply(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(ctx, s); err != nil {
			return fmt.Errorf("%v: %w", s, explain(err, r.account))
		}
	}
	return nil
}

func (r *run) step(ctx context.Context, s Step) error {
	if s.line != "" {
		r.progress(s.line)
	}
	if err := r.before(s); err != nil {
		return err
	}
	res := s.resource
	if err := s.do(ctx, r, &res); err != nil {
		return err
	}
	return r.after(s.Action, res)
}

// before writes down what is about to be made, so that it is not lost if this is the last that we do.
func (r *run) before(s Step) error {
	if s.resource.Name == "" || s.Action != Create {
		return nil
	}
	pending := s.resource
	pending.Pending = true
	r.state.put(pending)
	return r.state.write(r.file)
}

func (r *run) after(action Action, res Resource) error {
	if res.Name == "" {
		return nil
	}
	if action == Delete {
		r.state.remove(res.Type, res.Name)
	} else {
		res.Pending = false
		r.state.put(res)
	}
	return r.state.write(r.file)
}
