package ledgerfile

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if f.life.Err() == nil {
			_ = f.Close()
		}
	})
	return f
}

// kill does what the end of the process does: nothing more is written, and the lock is gone.
func (f *File) kill() {
	f.stop()
	f.ended.Wait()
	f.unlock()
}

func conn(id string) *tyg.Conn {
	return &tyg.Conn{
		ID: tyg.ConnID(id), ConnectedAt: time.Unix(1, 2), SourceIP: "192.0.2.1", UserAgent: "a \n b",
		Stage: "api", Identity: tyg.Identity{Principal: "jo", Context: map[string]any{"n": "1"}},
	}
}

func connect(t testing.TB, f *File, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := f.Connect(conn(id)); err != nil {
			t.Fatal(err)
		}
	}
}

func leftOf(f *File) []string {
	var list []string
	for _, id := range f.left() {
		list = append(list, string(id))
	}
	slices.Sort(list)
	return list
}

func wantLeft(t testing.TB, f *File, want ...string) {
	t.Helper()
	if got := leftOf(f); !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
}

// What a process has not ended when it is killed is what the next one finds, whatever changes were
// made; a third one finds it, too, if the second has told nothing.
func TestNextProcessFindsWhatIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "file")
	f := open(t, path)
	wantLeft(t, f)
	connect(t, f, "a", "b", "c")
	join := func(group, id string) {
		if err := f.Join(group, tyg.Member{ID: tyg.ConnID(id), JoinedAt: time.Unix(3, 4)}); err != nil {
			t.Fatal(err)
		}
	}
	join("x", "a")
	join("y", "a")
	join("y", "a") // again, with other info
	join("z", "c")
	join("x", "absent")
	f.Leave("x", "a")
	f.End("b")
	f.End("b")
	f.kill()
	for range 2 {
		f = open(t, path)
		wantLeft(t, f, "a", "c")
		got, err := f.connOf("a")
		if err != nil || got.Conn.SourceIP != "192.0.2.1" ||
			!got.Conn.ConnectedAt.Equal(time.Unix(1, 2)) || got.Conn.Identity.Context["n"] != "1" {
			t.Errorf("a is %+v, %v", got.Conn, err)
		}
		m := f.membersOf("a")
		if len(m) != 1 || m[0].Member.Group != "y" ||
			!m[0].Member.Member.JoinedAt.Equal(time.Unix(3, 4)) {
			t.Errorf("a is in %+v", m)
		}
		f.kill()
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f := open(t, path)
	connect(t, f, "a", "b")
	f.End("a")
	f.End("b")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || bytes.Count(data, []byte("\n")) != 1 {
		t.Errorf("the file has %q, %v; want one line", data, err)
	}
	wantLeft(t, open(t, path))
}

func TestTwoProcessesShareNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	open(t, path)
	if _, err := Open(path, quiet); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second process: %v", err)
	}
}

// A file of a later version may say what this one does not understand.
func TestLaterVersionIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	l, err := encode(change{Version: version + 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, l, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, quiet); err == nil || !strings.Contains(err.Error(), "later version") {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, l) {
		t.Errorf("it was changed to %q, %v", data, err)
	}
}

// TestDamageCostsItsLineOnly changes, cuts and adds bytes everywhere. Each connection whose lines
// are whole is found, and no other one.
func TestDamageCostsItsLineOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	f := open(t, path)
	connect(t, f, "a", "b", "c", "d")
	f.End("b")
	f.kill()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	check := func(what string, data []byte, want ...string) {
		t.Helper()
		log.Reset()
		name := filepath.Join(dir, fmt.Sprint("damaged", rand.Uint64()))
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(name, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := leftOf(f); !slices.Equal(got, want) {
			t.Errorf("%s: left are %q, want %q", what, got, want)
		}
		if n := strings.Count(log.String(), "\n"); n > 1 {
			t.Errorf("%s: %d lines are logged", what, n)
		}
		f.kill()
	}
	lines := bytes.SplitAfter(whole, []byte("\n")) // the version, a, b, c, d, end of b, nothing
	flip := func(i, at int) []byte {
		changed := slices.Clone(lines)
		changed[i] = slices.Clone(lines[i])
		changed[i][at] ^= 0x15
		return bytes.Join(changed, nil)
	}
	for _, at := range sampletest.Numbers(t, len(lines[1])-1, 10) {
		check(fmt.Sprint("byte ", at, " of a"), flip(1, at), "c", "d")
	}
	if !strings.Contains(log.String(), "lines=1") || !strings.Contains(log.String(), "connections=2") {
		t.Errorf("logged %s", log.String())
	}
	check("the version", flip(0, 12), "a", "c", "d")
	check("the end of b", flip(5, 12), "a", "b", "c", "d")
	if log.Len() == 0 {
		t.Error("damage is not logged")
	}
	for _, size := range sampletest.Numbers(t, len(whole), 30) {
		want := []string{}
		for i, id := range []string{"a", "b", "c", "d"} {
			// A line without its newline is whole.
			if size >= len(bytes.Join(lines[:i+2], nil))-1 && (id != "b" || size < len(whole)-1) {
				want = append(want, id)
			}
		}
		check(fmt.Sprint("cut at ", size), whole[:size], want...)
		if log.Len() > 0 {
			t.Errorf("cut at %d: a last line that is not whole is logged: %s", size, log.String())
		}
	}
	zeros := make([]byte, 3*maxLine)
	check("zeros behind it", slices.Concat(whole, zeros), "a", "c", "d")
	check("a long line in it", slices.Concat(lines[0], zeros, []byte("\n"), whole), "a", "c", "d")
	check("text in it",
		slices.Concat([]byte("\nwhat\n\n"), whole, []byte("deadbeef {}\n")), "a", "c", "d")
	check("nothing", nil)
}

func TestDamagedFileIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("what\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	if data, err := os.ReadFile(path + ".damaged"); err != nil || string(data) != "what\n" {
		t.Errorf("the copy has %q, %v", data, err)
	}
}

// A fullDisk is a disk with so much space left.
type fullDisk struct {
	disk
	space int
}

func (d *fullDisk) WriteAt(p []byte, at int64) (int, error) {
	if len(p) > d.space {
		n, _ := d.disk.WriteAt(p[:d.space], at)
		d.space = 0
		return n, syscall.ENOSPC
	}
	d.space -= len(p)
	return d.disk.WriteAt(p, at)
}

// Truncate fails: what is half written stays.
func (d *fullDisk) Truncate(int64) error { return syscall.EIO }

// While the disk is full no connection is noted, and ends are written when there is space again.
// What was written half leaves nothing behind.
func TestFullDisk(t *testing.T) { synctest.Test(t, testFullDisk) }

func testFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f := open(t, path)
	connect(t, f, "a", "b", "c")
	full := &fullDisk{disk: f.disk, space: 40}
	f.mu.Lock()
	f.disk = full
	f.mu.Unlock()
	if err := f.Connect(conn("d")); err == nil || f.Err() == nil {
		t.Errorf("a connection on a full disk: %v, %v", err, f.Err())
	}
	f.End("a")
	f.mu.Lock()
	full.space = 1 << 20
	f.mu.Unlock()
	for end := time.Now().Add(time.Minute); f.Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is not tried again")
		}
	}
	connect(t, f, "e")
	f.End("b")
	f.kill()
	f = open(t, path)
	wantLeft(t, f, "c", "e")
	if _, err := os.Stat(path + ".damaged"); err == nil {
		t.Error("what was half written is damage")
	}
}

// The file stays short, however many connections come and go.
func TestFileIsMadeShorter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f := open(t, path)
	connect(t, f, "stays")
	if err := f.Join("g", tyg.Member{ID: "stays"}); err != nil {
		t.Fatal(err)
	}
	written := int64(0)
	for n := 0; written < 3*compactSize; n++ {
		id := fmt.Sprint(n)
		connect(t, f, id)
		f.End(tyg.ConnID(id))
		f.mu.Lock()
		written = f.size
		f.mu.Unlock()
	}
	f.tendOnce()
	if info, err := os.Stat(path); err != nil || info.Size() > compactSize {
		t.Errorf("it has %d bytes after %d, %v", info.Size(), written, err)
	}
	connect(t, f, "new")
	f.kill()
	f = open(t, path)
	wantLeft(t, f, "new", "stays")
	if got := f.membersOf("stays"); len(got) != 1 {
		t.Errorf("the one that stays is in %+v", got)
	}
}

// FuzzRead reads any file. It must end, and each line that it says to be there is.
func FuzzRead(f *testing.F) {
	for _, c := range []change{
		{Version: 1}, {End: "a"}, {Left: &membership{"a", "g"}}, {Version: 2},
	} {
		l, err := encode(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(l), "")
		f.Add(append(bytes.Clone(l), l[:len(l)/2]...), "{}")
	}
	const noted = `{"conn":{"id":"a","connected_at":"2026-01-02T03:04:05Z"}}`
	const member = `{"member":{"group":"g","member":{"id":"a","joined_at":"2026-01-02T03:04:05Z"}}}`
	f.Add([]byte("00000000 "+noted+"\n"), noted)
	f.Add([]byte(sum([]byte(noted))), member)
	f.Fuzz(func(t *testing.T, data []byte, one string) {
		if !strings.Contains(one, "\n") { // a line that is whole, so that not all fail by their sums
			data = slices.Concat(data, []byte("\n"), sum([]byte(one)), data)
		}
		file := &File{conns: make(map[tyg.ConnID]*entry), disk: readOnly{bytes.NewReader(data)}}
		if _, err := file.read(bytes.NewReader(data)); err != nil {
			return // a later version
		}
		for id, e := range file.conns {
			if c, err := file.get(e.line); err != nil || c.Conn == nil || c.Conn.ID != id {
				t.Errorf("%q is noted as %+v, %v", id, c, err)
			}
			for group, at := range e.members {
				if c, err := file.get(at); err != nil || c.Member == nil || c.Member.Group != group {
					t.Errorf("%q in %q is noted as %+v, %v", id, group, c, err)
				}
			}
		}
	})
}

// readOnly is a disk that is only read.
type readOnly struct{ *bytes.Reader }

func (readOnly) WriteAt([]byte, int64) (int, error) { return 0, os.ErrPermission }
func (readOnly) Truncate(int64) error               { return os.ErrPermission }
func (readOnly) Sync() error                        { return nil }
func (readOnly) Close() error                       { return nil }

func BenchmarkConnect(b *testing.B) {
	f := open(b, filepath.Join(b.TempDir(), "file"))
	c := conn("L0SM9cOFvHcCIhw=")
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Connect(c); err != nil {
			b.Fatal(err)
		}
		f.End(c.ID)
	}
}
