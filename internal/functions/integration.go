package functions

import "context"

// An Integration handles events: a function of a [Host] (see [Host.Integration]), a [URL], or a
// function on AWS. It may be called from many goroutines at once.
type Integration interface {
	// Invoke hands over an event and returns the reply, both JSON. The payload is not kept after
	// Invoke has returned. When ctx ends, Invoke returns an error that is ctx.Err(); no other error
	// is context.DeadlineExceeded, because hosts tell clients of the two differently.
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// hosted is a function of a Host.
type hosted struct {
	host *Host
	name string
}

func (f hosted) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	r, err := f.host.Invoke(ctx, Invocation{Function: f.name, Payload: payload})
	if err != nil {
		return nil, err
	}
	return r.Payload, nil
}
