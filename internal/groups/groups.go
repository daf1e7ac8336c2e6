// Package groups holds, in memory, which connections are in which groups.
package groups

import (
	"encoding/json"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Set holds the groups of connections, which are values of type C. It has many shards so that
// groups do not hold up one another. The zero Set is not ready: call Init.
type Set[C any] struct {
	seed   maphash.Seed
	shards [numShards]shard[C]
}

const numShards = 64

type shard[C any] struct {
	mu     sync.Mutex
	groups map[string]*group[C]
}

// A group is the members of one name, guarded by its shard.
type group[C any] struct {
	members []*membership[C] // in no order
	conns   []C              // those of members, for callers; nil after a change
}

// A membership is one connection in one group. Its shard guards it.
type membership[C any] struct {
	conn   C
	member tyg.Member
	at     int // its place among the members; not there: waiting
}

// waiting is the place of a membership whose connection is not open yet.
const waiting = -1

// A Conn holds the memberships of one connection. The zero Conn is in no group and not open.
type Conn[C any] struct {
	mu          sync.Mutex
	open, ended bool
	memberships map[string]*membership[C]
}

// Init makes the Set ready.
func (s *Set[C]) Init() {
	s.seed = maphash.MakeSeed()
	for i := range s.shards {
		s.shards[i].groups = make(map[string]*group[C])
	}
}

// Locks are taken in this order: shard, Conn.

func (s *Set[C]) shard(name string) *shard[C] {
	return &s.shards[maphash.String(s.seed, name)%numShards]
}

// Add makes c, whose memberships are in conn, a member of a group and returns the member. For a
// member it reports false and sets the info, unless that is nil. After End the error is
// [tyg.ErrGone]. Until Open the member is not among those of the group.
func (s *Set[C]) Add(
	name string, c C, conn *Conn[C], id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	conn.mu.Lock()
	defer conn.mu.Unlock()
	if conn.ended {
		return tyg.Member{}, false, tyg.ErrGone
	}
	if m := conn.memberships[name]; m != nil {
		if info != nil {
			m.member.Info = info
		}
		return m.member, false, nil
	}
	m := &membership[C]{
		conn: c, at: waiting,
		member: tyg.Member{ID: id, Info: info, JoinedAt: time.Now().UTC().Round(0)},
	}
	if conn.memberships == nil {
		conn.memberships = make(map[string]*membership[C])
	}
	conn.memberships[name] = m
	if conn.open {
		sh.insert(name, m)
	}
	return m.member, true, nil
}

// Remove ends a membership and returns it. It reports false if there is none.
func (s *Set[C]) Remove(name string, conn *Conn[C]) (tyg.Member, bool) {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	conn.mu.Lock()
	m := conn.memberships[name]
	delete(conn.memberships, name)
	conn.mu.Unlock()
	if m == nil {
		return tyg.Member{}, false
	}
	sh.remove(name, m)
	return m.member, true
}

// Open makes the connection a member of the groups that it was added to before, and of those that
// it will be added to.
func (s *Set[C]) Open(conn *Conn[C]) {
	conn.mu.Lock()
	conn.open = true
	names := make([]string, 0, len(conn.memberships))
	for name := range conn.memberships {
		names = append(names, name)
	}
	conn.mu.Unlock()
	for _, name := range names {
		s.openOne(name, conn)
	}
}

func (s *Set[C]) openOne(name string, conn *Conn[C]) {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	conn.mu.Lock()
	m := conn.memberships[name] // nil: removed meanwhile
	conn.mu.Unlock()
	if m != nil && m.at == waiting {
		sh.insert(name, m)
	}
}

// End ends all memberships of a connection, and returns them. It will have no others.
func (s *Set[C]) End(conn *Conn[C]) []tyg.Membership {
	conn.mu.Lock()
	conn.ended = true
	memberships := conn.memberships
	conn.memberships = nil
	conn.mu.Unlock()
	ended := make([]tyg.Membership, 0, len(memberships))
	for name, m := range memberships {
		ended = append(ended, s.endOne(name, m))
	}
	return ended
}

func (s *Set[C]) endOne(name string, m *membership[C]) tyg.Membership {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.remove(name, m)
	return tyg.Membership{Group: name, Member: m.member}
}

// Conns returns the connections of a group, those that joined first before the others. The slice is
// shared: do not change it. The Set does not change it either.
func (s *Set[C]) Conns(name string) []C {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := sh.groups[name]
	if g == nil {
		return nil
	}
	if g.conns == nil {
		g.conns = g.ordered()
	}
	return g.conns
}

// ordered returns the connections in the order of joining. It usually is that of memory too, here
// and in the kernel, so that a send to many touches each page once.
func (g *group[C]) ordered() []C {
	members := slices.Clone(g.members)
	slices.SortStableFunc(members, func(a, b *membership[C]) int {
		return a.member.JoinedAt.Compare(b.member.JoinedAt)
	})
	conns := make([]C, len(members))
	for i, m := range members {
		conns[i] = m.conn
	}
	return conns
}

// Members returns the members of a group. The slice is the caller's.
func (s *Set[C]) Members(name string) []tyg.Member {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := sh.groups[name]
	if g == nil {
		return nil
	}
	list := make([]tyg.Member, len(g.members))
	for i, m := range g.members {
		list[i] = m.member
	}
	return list
}

// Count returns the number of members of a group.
func (s *Set[C]) Count(name string) int {
	sh := s.shard(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if g := sh.groups[name]; g != nil {
		return len(g.members)
	}
	return 0
}

func (sh *shard[C]) insert(name string, m *membership[C]) {
	g := sh.groups[name]
	if g == nil {
		g = new(group[C])
		sh.groups[name] = g
	}
	m.at, g.conns = len(g.members), nil
	g.members = append(g.members, m)
}

// remove removes a member, whose place the last one takes.
func (sh *shard[C]) remove(name string, m *membership[C]) {
	if m.at == waiting {
		return
	}
	g := sh.groups[name]
	g.conns = nil
	last := len(g.members) - 1
	g.members[m.at] = g.members[last]
	g.members[m.at].at = m.at
	g.members[last] = nil
	g.members = g.members[:last]
	m.at = waiting
	switch {
	case last == 0:
		delete(sh.groups, name)
	case cap(g.members) > 64 && last < cap(g.members)/4:
		g.members = append(make([]*membership[C], 0, 2*last), g.members...)
	}
}

// Names returns the names of the groups that a connection is in, sorted.
func (c *Conn[C]) Names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.memberships))
}
