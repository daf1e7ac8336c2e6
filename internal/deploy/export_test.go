package deploy

import (
	"context"
	"time"
)

// SetPause replaces the waits between two looks at AWS.
func (c *Cloud) SetPause(f func(context.Context, time.Duration) error) { c.waiter.Pause = f }

// SetNow replaces the clock.
func (c *Cloud) SetNow(f func() time.Time) { c.waiter.Now = f }
