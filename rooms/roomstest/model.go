package roomstest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A model is a Store that is too simple to be wrong: a list of members, searched from end to end.
// It supports one goroutine and valid arguments.
type model struct {
	list  []rooms.Member
	clock time.Time
}

var _ rooms.Store = (*model)(nil)

func (m *model) Add(_ context.Context, id tyg.ConnID) error {
	if m.index(id) < 0 {
		m.list = append(m.list, rooms.Member{ID: id})
	}
	return nil
}

func (m *model) Get(_ context.Context, id tyg.ConnID) (rooms.Member, error) {
	i := m.index(id)
	if i < 0 {
		return rooms.Member{}, rooms.ErrNoMember
	}
	return m.list[i], nil
}

func (m *model) Find(_ context.Context, name string) (rooms.Member, error) {
	for _, is := range m.list {
		if strings.EqualFold(is.Name, name) {
			return is, nil
		}
	}
	return rooms.Member{}, rooms.ErrNoMember
}

func (m *model) Rename(ctx context.Context, id tyg.ConnID, name string) (rooms.Member, error) {
	was, err := m.Get(ctx, id)
	if err != nil {
		return was, err
	}
	if owner, err := m.Find(ctx, name); err == nil && owner.ID != id {
		return rooms.Member{}, rooms.ErrNameTaken
	}
	m.list[m.index(id)].Name = name
	return was, nil
}

func (m *model) Move(ctx context.Context, id tyg.ConnID, from, to string) (rooms.Member, error) {
	was, err := m.Get(ctx, id)
	if err != nil {
		return was, err
	}
	if was.Room != from {
		return rooms.Member{}, rooms.ErrMoved
	}
	if from == to {
		return was, nil
	}
	m.clock = m.clock.Add(time.Second)
	is := &m.list[m.index(id)]
	is.Room, is.JoinedAt = to, m.clock
	if to == "" {
		is.JoinedAt = time.Time{}
	}
	return was, nil
}

func (m *model) Members(_ context.Context, room string) ([]rooms.Member, error) {
	var in []rooms.Member
	for _, is := range m.list {
		if is.Room == room && room != "" {
			in = append(in, is)
		}
	}
	slices.SortFunc(in, func(a, b rooms.Member) int {
		return cmp.Or(a.JoinedAt.Compare(b.JoinedAt), cmp.Compare(a.ID, b.ID))
	})
	return in, nil
}

func (m *model) Rooms(_ context.Context) ([]string, error) {
	var list []string
	for _, is := range m.list {
		if is.Room != "" && !slices.Contains(list, is.Room) {
			list = append(list, is.Room)
		}
	}
	slices.Sort(list)
	return list, nil
}

func (m *model) Remove(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	was, err := m.Get(ctx, id)
	if err != nil {
		return was, err
	}
	i := m.index(id)
	m.list = slices.Delete(m.list, i, i+1)
	return was, nil
}

func (m *model) index(id tyg.ConnID) int {
	return slices.IndexFunc(m.list, func(is rooms.Member) bool { return is.ID == id })
}
