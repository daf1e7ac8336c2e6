package rooms

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Memory is a Store in the memory of one process, for a host in the same process: its members and
// their connections end together. Members do not expire; they stay until Remove.
//
// The zero Memory is empty and ready to use. It must not be copied after that.
type Memory struct {
	mu      sync.RWMutex
	members map[tyg.ConnID]Member // guarded by mu, like all below
	names   map[string]tyg.ConnID // the member with a name, by the Fold of the name
	rooms   map[string]*room      // without empty ones
	last    time.Time             // the latest time that now returned
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return new(Memory) }

// Add implements [Store].
func (m *Memory) Add(ctx context.Context, id tyg.ConnID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if id == "" {
		return tyg.ErrInvalidID
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.members[id]; ok {
		return nil
	}
	if m.members == nil {
		m.members = make(map[tyg.ConnID]Member)
		m.names = make(map[string]tyg.ConnID)
		m.rooms = make(map[string]*room)
	}
	m.members[id] = Member{ID: id, AddedAt: m.now()}
	return nil
}

// Get implements [Store]. It allocates nothing.
func (m *Memory) Get(ctx context.Context, id tyg.ConnID) (Member, error) {
	if err := ctx.Err(); err != nil {
		return Member{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.member(id)
}

// Find implements [Store].
func (m *Memory) Find(ctx context.Context, name string) (Member, error) {
	if err := ctx.Err(); err != nil {
		return Member{}, err
	}
	key := Fold(name)
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.member(m.names[key])
}

// Rename implements [Store].
func (m *Memory) Rename(ctx context.Context, id tyg.ConnID, name string) (Member, error) {
	if err := ctx.Err(); err != nil {
		return Member{}, err
	}
	if err := CheckName(name); err != nil {
		return Member{}, err
	}
	key := Fold(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	was, err := m.member(id)
	if err != nil {
		return Member{}, err
	}
	if owner, ok := m.names[key]; ok && owner != id {
		return Member{}, ErrNameTaken
	}
	is := was
	is.Name = name
	delete(m.names, Fold(was.Name))
	m.names[key] = id
	m.members[id] = is
	if was.Room != "" {
		m.rooms[was.Room].update(is)
	}
	return was, nil
}

// Move implements [Store].
func (m *Memory) Move(ctx context.Context, id tyg.ConnID, from, to string) (Member, error) {
	if err := ctx.Err(); err != nil {
		return Member{}, err
	}
	if err := CheckName(to); to != "" && err != nil {
		return Member{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	was, err := m.member(id)
	if err != nil {
		return Member{}, err
	}
	if was.Room != from {
		return Member{}, ErrMoved
	}
	if from == to {
		return was, nil
	}
	m.leave(was)
	m.members[id] = m.enter(was, to)
	return was, nil
}

// Members implements [Store]. It allocates only when a member of the room has entered, left or been
// renamed since the last call.
func (m *Memory) Members(ctx context.Context, name string) ([]Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if r := m.rooms[name]; r != nil {
		return r.members(), nil
	}
	return nil, nil
}

// Rooms implements [Store].
func (m *Memory) Rooms(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	names := slices.AppendSeq(make([]string, 0, len(m.rooms)), maps.Keys(m.rooms))
	m.mu.RUnlock()
	slices.Sort(names)
	return names, nil
}

// Remove implements [Store].
func (m *Memory) Remove(ctx context.Context, id tyg.ConnID) (Member, error) {
	if err := ctx.Err(); err != nil {
		return Member{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	was, err := m.member(id)
	if err != nil {
		return Member{}, err
	}
	m.leave(was)
	delete(m.names, Fold(was.Name))
	delete(m.members, id)
	return was, nil
}

func (m *Memory) member(id tyg.ConnID) (Member, error) {
	if is, ok := m.members[id]; ok {
		return is, nil
	}
	return Member{}, ErrNoMember
}

// leave takes a member out of its room, if it is in one.
func (m *Memory) leave(was Member) {
	if was.Room == "" {
		return
	}
	r := m.rooms[was.Room]
	r.remove(was)
	if r.empty() {
		delete(m.rooms, was.Room)
	}
}

// enter puts a member that has left its room into another, or into none, and returns it as changed.
func (m *Memory) enter(is Member, name string) Member {
	is.Room, is.JoinedAt = name, time.Time{}
	if name == "" {
		return is
	}
	is.JoinedAt = m.now()
	r := m.rooms[name]
	if r == nil {
		r = new(room)
		m.rooms[name] = r
	}
	r.add(is)
	return is
}

// now returns the time, but always a later one than before: the order of joining is the order of
// the times, even where the clock stands still or is set back.
func (m *Memory) now() time.Time {
	t := time.Now().UTC()
	if !t.After(m.last) {
		t = m.last.Add(time.Nanosecond)
	}
	m.last = t
	return t
}
