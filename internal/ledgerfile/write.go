package ledgerfile

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// write writes a line at the end of the file. What was written of one that failed is written over.
// f.mu is held.
func (f *File) write(l line) (span, error) {
	n, err := f.disk.WriteAt(l, f.size)
	if err != nil {
		if n > 0 {
			_ = f.disk.Truncate(f.size) // else the next line does it, and the rest is no line
		}
		f.fail(err)
		return span{}, err
	}
	if f.failed != nil {
		f.log.Info("the file of disconnects can be written again", "file", f.path)
	}
	f.failed, f.dirty = nil, true
	at := span{f.size, int64(len(l))}
	f.size += at.size
	return at, nil
}

// fail notes that the file cannot be written, and says so once. f.mu is held.
func (f *File) fail(err error) {
	if f.failed == nil {
		f.log.Error("the file of disconnects cannot be written: clients that connect get 503; it is "+
			"tried again each second", "file", f.path, "err", err)
	}
	f.failed = err
}

// tend writes changes to the disk, tries again what failed, and writes the file anew when most of
// it is over.
func (f *File) tend() {
	t := time.NewTicker(SyncEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-f.life.Done():
			return
		}
		if disk := f.tendOnce(); disk != nil {
			// Not under the lock: a disk may take seconds.
			if err := disk.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
				f.mu.Lock()
				f.fail(err)
				f.mu.Unlock()
			}
		}
	}
}

// tendOnce returns what has to be synced, nil if nothing has.
func (f *File) tendOnce() disk {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pay()
	if f.failed != nil {
		_, _ = f.write(line("\n")) // it notes whether that is possible
	}
	if f.size > compactSize && f.size > compactRatio*f.live {
		if err := f.rewrite(); err != nil {
			f.log.Warn("the file of disconnects could not be made shorter", "file", f.path, "err", err)
		}
	}
	if !f.dirty {
		return nil
	}
	f.dirty = false
	return f.disk
}

// rewrite replaces the file by one that has what is left, which is then on the disk. f.mu is held,
// or f is not in use yet.
func (f *File) rewrite() error {
	name := f.path + ".new"
	to, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	moved, size, err := f.copyTo(to)
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		_ = os.Remove(name) // the next attempt writes over it
		return err
	}
	if f.disk != nil {
		_ = f.disk.Close() // Windows does not replace a file that is open
	}
	renamed := os.Rename(name, f.path)
	now, err := os.OpenFile(f.path, os.O_RDWR, 0o600)
	if err != nil {
		return errors.Join(renamed, err) // what is written now fails, loudly
	}
	if f.disk = now; renamed != nil {
		return renamed
	}
	syncDir(filepath.Dir(f.path))
	f.size, f.live, f.owed, f.dirty = size, size, nil, false
	for _, m := range moved {
		if m.group == nil {
			m.entry.line = m.to
		} else {
			m.entry.members[*m.group] = m.to
		}
	}
	return nil
}

// A move says where a line is in a file that is written anew.
type move struct {
	entry *entry
	group *string // nil: the connection's
	to    span
}

// copyTo writes the lines that count.
func (f *File) copyTo(file io.Writer) (moved []move, size int64, err error) {
	w := bufio.NewWriterSize(file, 64<<10)
	put := func(l line) span {
		at := span{size, int64(len(l))}
		_, _ = w.Write(l) // Flush returns the error
		size += at.size
		return at
	}
	first, err := encode(change{Version: version})
	if err != nil {
		return nil, 0, err
	}
	put(first)
	copied := func(from span) (span, error) {
		l := make(line, from.size)
		if _, err := f.disk.ReadAt(l, from.at); err != nil && !errors.Is(err, io.EOF) {
			return span{}, err
		}
		if l[len(l)-1] != '\n' { // the last one of a process that was killed
			l = append(l, '\n')
		}
		return put(l), nil
	}
	for _, e := range f.conns {
		to, err := copied(e.line)
		if err != nil {
			return nil, 0, err
		}
		moved = append(moved, move{e, nil, to})
		for group, at := range e.members {
			if to, err = copied(at); err != nil {
				return nil, 0, err
			}
			moved = append(moved, move{e, &group, to})
		}
	}
	return moved, size, w.Flush()
}

// syncDir writes the name of a new file to the disk, where the system can.
func syncDir(name string) {
	if dir, err := os.Open(name); err == nil {
		_ = dir.Sync() // Windows cannot
		_ = dir.Close()
	}
}
