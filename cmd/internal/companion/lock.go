package companion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tyg-dev/tyg/internal/filelock"
)

// lock waits until no other process builds the program in dir, which it makes. The system releases
// the lock of a process that dies. A file system without locks gives none; publish is atomic, so
// that two builds at once only cost time.
func (f *Finder) lock(ctx context.Context, dir, name string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("build %s: %w; set XDG_CACHE_HOME to a folder that can be written to, or "+
			"put %s into %s", name, err, name, f.Dirs[0])
	}
	said := make(chan struct{})
	notice := time.AfterFunc(noticeAfter, func() {
		fmt.Fprintf(f.Stderr, "tyg: waiting for another tyg that builds %s …\n", name)
		close(said)
	})
	defer func() {
		if !notice.Stop() {
			<-said // Stderr is the caller's again
		}
	}()
	file := filepath.Join(dir, name+".lock")
	for {
		unlock, err := filelock.Try(file)
		switch {
		case err == nil:
			return unlock, nil
		case !errors.Is(err, filelock.ErrLocked):
			return func() {}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
