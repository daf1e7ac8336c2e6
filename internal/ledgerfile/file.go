// Package ledgerfile keeps in a file which connections a gateway has, so that the next process of a
// gateway that was killed can tell the application of their ends: see package cluster for gateways
// that do that for each other.
//
// The file has a line for each change: a checksum (CRC-32C, eight hexadecimal digits), a space and
// JSON. A line that is damaged costs that line only. A change is in the kernel's hands when its
// method returns, so it survives the end of the process, however that comes; it is on the disk
// within [SyncEvery], so a loss of power costs that much.
package ledgerfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/filelock"
	"github.com/tyg-dev/tyg/internal/lostconn"
)

// SyncEvery is how often changes are written to the disk, and how soon a file that could not be
// written is tried again.
const SyncEvery = time.Second

// A file is written anew without what is over when it is longer than this, and than compactRatio
// times what is left of it.
const (
	compactSize  = 1 << 20
	compactRatio = 4
)

// A File is a ledger that one process uses. All methods may be called at the same time.
type File struct {
	path   string
	log    *slog.Logger
	unlock func()
	ended  sync.WaitGroup

	life context.Context // ends with Close
	stop context.CancelFunc

	mu     sync.Mutex
	disk   disk                  // guarded by mu
	size   int64                 // guarded by mu; where the next line goes
	dirty  bool                  // guarded by mu; there are changes since the last sync
	live   int64                 // guarded by mu; bytes of the lines that count
	conns  map[tyg.ConnID]*entry // guarded by mu
	old    int                   // guarded by mu; of conns, those of a process before
	owed   []line                // guarded by mu; ends that could not be written
	failed error                 // guarded by mu; of the last write; nil: it succeeded
}

// ErrInUse means that another process has the file open.
var ErrInUse = errors.New("another process uses it; give each a file of its own")

// disk is what a File does with its file.
type disk interface {
	ReadAt(p []byte, at int64) (int, error)
	WriteAt(p []byte, at int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// An entry says where the lines of a connection are.
type entry struct {
	line    span
	members map[string]span // by group; nil: none
	old     bool            // of a process before
}

// A span is a part of the file.
type span struct {
	at   int64
	size int64
}

// Open opens the file of a gateway, or makes it, and locks it against other processes. What cannot
// be read of it is logged and kept in a copy, and all else is used.
//
// Call [File.Guard] before the gateway starts, [File.Begin] after that and before clients connect,
// and Close when it has shut down.
func Open(path string, log *slog.Logger) (*File, error) {
	f := &File{
		path: path, log: cmp.Or(log, slog.Default()), conns: make(map[tyg.ConnID]*entry),
	}
	f.life, f.stop = context.WithCancel(context.Background())
	if err := f.lock(); err != nil {
		return nil, err
	}
	if err := f.load(); err != nil {
		f.unlock()
		return nil, fmt.Errorf("open the file of disconnects: %w", err)
	}
	f.ended.Go(f.tend) // ends with Close, which waits for it
	return f, nil
}

func (f *File) lock() error {
	err := os.MkdirAll(filepath.Dir(f.path), 0o700)
	if err == nil {
		f.unlock, err = filelock.Try(f.path + ".lock")
	}
	switch {
	case errors.Is(err, filelock.ErrLocked):
		return fmt.Errorf("file of disconnects %s: %w", f.path, ErrInUse)
	case errors.Is(err, errors.ErrUnsupported):
		f.unlock = func() {}
	case err != nil:
		return fmt.Errorf("open the file of disconnects: %w", err)
	}
	return nil
}

// load reads the file and writes it anew without what is over.
func (f *File) load() error {
	old, err := os.OpenFile(f.path, os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return f.rewrite()
	}
	if err != nil {
		return err
	}
	found, err := f.read(old)
	if err != nil {
		_ = old.Close()
		return err
	}
	if found.lines > 0 {
		f.keepDamaged(found)
	}
	f.disk, f.old = old, len(f.conns)
	return f.rewrite()
}

// keepDamaged keeps a copy of a file that could not be read in part.
func (f *File) keepDamaged(d damage) {
	name := f.path + ".damaged"
	_ = os.Remove(name)
	kept := name
	if err := os.Link(f.path, name); err != nil {
		kept = "" // the file system has no links
	}
	f.log.Error("the file of disconnects is damaged: what could not be read is skipped",
		"file", f.path, "lines", d.lines, "bytes", d.bytes, "connections", len(f.conns), "copy", kept)
}

// Connect notes a connection, before its connect handler runs.
func (f *File) Connect(c *tyg.Conn) error {
	kept := lostconn.Of(c)
	l, err := encode(change{Conn: &kept})
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at, err := f.append(l)
	if err != nil {
		return err
	}
	f.conns[c.ID] = &entry{line: at}
	f.live += at.size
	return nil
}

// End notes that a connection is over, when its disconnect handler has returned. If that cannot be
// written, it is tried again later.
func (f *File) End(id tyg.ConnID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.conns[id]
	if e == nil {
		return
	}
	delete(f.conns, id)
	if e.old {
		f.old--
	}
	f.live -= e.bytes()
	f.appendLater(change{End: id})
}

func (e *entry) bytes() int64 {
	n := e.line.size
	for _, m := range e.members {
		n += m.size
	}
	return n
}

// Join notes a membership. It does nothing for a connection that is over.
func (f *File) Join(group string, m tyg.Member) error {
	l, err := encode(change{Member: &lostconn.Member{Group: group, Member: m}})
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.conns[m.ID]
	if e == nil {
		return nil
	}
	at, err := f.append(l)
	if err != nil {
		return err
	}
	f.live += at.size - e.members[group].size
	if e.members == nil {
		e.members = make(map[string]span)
	}
	e.members[group] = at
	return nil
}

// Leave notes that a membership is over.
func (f *File) Leave(group string, id tyg.ConnID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.conns[id]
	if e == nil {
		return
	}
	m, ok := e.members[group]
	if !ok {
		return
	}
	delete(e.members, group)
	f.live -= m.size
	f.appendLater(change{Left: &membership{id, group}})
}

// Err returns why the file cannot be written, nil if it can.
func (f *File) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// Stats are the figures of a File.
type Stats struct {
	Connections int   // that would be told of if the process were killed
	Left        int   // of those, the ones of a process before, which are being told
	Bytes       int64 // of the file
	Failed      bool  // it cannot be written
}

// Stats returns the current figures.
func (f *File) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Stats{len(f.conns), f.old, f.size, f.failed != nil}
}

// Close writes all to the disk, and lets other processes use the file.
func (f *File) Close() error {
	f.stop()
	f.ended.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.unlock()
	f.pay()
	err := f.failed
	if err == nil && len(f.conns) == 0 {
		err = f.rewrite()
	}
	if err == nil {
		err = f.disk.Sync()
	}
	if err = errors.Join(err, f.disk.Close()); err != nil {
		return fmt.Errorf("close the file of disconnects: %w", err)
	}
	return nil
}

// append writes a line. f.mu is held.
func (f *File) append(l line) (span, error) {
	if f.pay(); f.failed != nil {
		return span{}, f.failed
	}
	return f.write(l)
}

// appendLater writes a line now, or when that is possible again. f.mu is held.
func (f *File) appendLater(c change) {
	l, err := encode(c)
	if err != nil {
		return // it has nothing that JSON lacks
	}
	f.owed = append(f.owed, l)
	f.pay()
}

// pay writes the lines that are owed. f.mu is held.
func (f *File) pay() {
	for len(f.owed) > 0 {
		if _, err := f.write(f.owed[0]); err != nil {
			return
		}
		f.owed = f.owed[1:]
	}
	f.owed = nil
}
