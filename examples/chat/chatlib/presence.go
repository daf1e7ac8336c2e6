package chatlib

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

const (
	sweepers  = 16              // questions to the host at the same time
	sweepTime = 2 * time.Second // who was not asked about by then counts as present
)

// sweep returns those of members whose connections are not known to be gone, and buries the others:
// a host may lose a disconnect event, and a quiet room would keep a ghost forever.
func (c *Chat) sweep(ctx context.Context, members []rooms.Member) ([]rooms.Member, error) {
	gone := c.gone(ctx, members)
	var present []rooms.Member
	var ghosts []tyg.ConnID
	for i, m := range members {
		if gone[i] {
			ghosts = append(ghosts, m.ID)
			continue
		}
		present = append(present, m)
	}
	return present, c.bury(ctx, ghosts)
}

// gone asks the host about all members and tells which of them are gone.
func (c *Chat) gone(ctx context.Context, members []rooms.Member) []bool {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	gone := make([]bool, len(members))
	var asked atomic.Int64
	var wg sync.WaitGroup
	for range min(sweepers, len(members)) {
		// Each ends when there is nobody left to ask about, or no time; Wait waits for it.
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(asked.Add(1)) - 1
				if i >= len(members) {
					return
				}
				_, err := c.Sender.Info(ctx, members[i].ID)
				gone[i] = errors.Is(err, tyg.ErrGone)
			}
		})
	}
	wg.Wait()
	return gone
}
