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
	parallelInfos   = 16              // calls of Info at the same time
	presenceTimeout = 2 * time.Second // members without an answer by then count as present
)

// withoutGone returns the members whose connections are not known to be gone, and removes the
// others from the store: a host may lose a disconnect event, and a quiet room would list the member
// forever.
func (c *Chat) withoutGone(ctx context.Context, members []rooms.Member) ([]rooms.Member, error) {
	isGone := c.findGone(ctx, members)
	var present []rooms.Member
	var gone []tyg.ConnID
	for i, m := range members {
		if isGone[i] {
			gone = append(gone, m.ID)
			continue
		}
		present = append(present, m)
	}
	return present, c.removeGone(ctx, gone)
}

// findGone asks the host about all members and reports for each whether it is gone.
func (c *Chat) findGone(ctx context.Context, members []rooms.Member) []bool {
	ctx, cancel := context.WithTimeout(ctx, presenceTimeout)
	defer cancel()
	gone := make([]bool, len(members))
	var asked atomic.Int64
	var wg sync.WaitGroup
	for range min(parallelInfos, len(members)) {
		// Each ends when all members have been asked about or ctx is done; Wait waits for it.
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
