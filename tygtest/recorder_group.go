package tygtest

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/values"
)

// AddToGroup makes a live connection a member of a group.
func (r *Recorder) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.check(ctx, id); err != nil {
		return tyg.Member{}, false, connError("add", id, err)
	}
	m, known := r.groups[group][id]
	if !known {
		m = tyg.Member{ID: id, JoinedAt: time.Now().UTC().Round(0)}
	}
	if info != nil {
		m.Info = info
	}
	if r.groups == nil {
		r.groups = make(map[string]map[tyg.ConnID]tyg.Member)
	}
	if r.groups[group] == nil {
		r.groups[group] = make(map[tyg.ConnID]tyg.Member)
	}
	r.groups[group][id] = m
	return m, !known, nil
}

// RemoveFromGroup ends a membership.
func (r *Recorder) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return tyg.Member{}, false, connError("remove", id, err)
	}
	m, removed := r.groups[group][id]
	delete(r.groups[group], id)
	return m, removed, nil
}

// SendToGroup records a message for each member. The group of all connections has no members.
func (r *Recorder) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	var d tyg.Delivery
	m := message{o.Type, string(data)}
	if err := m.check(ctx); err != nil {
		return d, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(r.groups[group])) {
		switch {
		case slices.Contains(o.Except, id):
		case r.record(id, m) != nil:
			d.Gone = append(d.Gone, id)
		default:
			d.Reached++
		}
	}
	return d, nil
}

// GroupMembers walks the members of a group, sorted by id.
func (r *Recorder) GroupMembers(ctx context.Context, group string) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		r.mu.Lock()
		members := maps.Clone(r.groups[group])
		r.mu.Unlock()
		for _, id := range slices.Sorted(maps.Keys(members)) {
			if !yield(members[id], nil) {
				return
			}
		}
	}
}

// CountGroup returns the number of members of a group.
func (r *Recorder) CountGroup(ctx context.Context, group string) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.groups[group]), ctx.Err()
}

// LoadValue returns a value of the application or of a live connection.
func (r *Recorder) LoadValue(
	ctx context.Context, k tyg.ValueKey,
) ([]byte, tyg.Revision, error) {
	if k.Conn == "" {
		return r.values.LoadValue(ctx, k)
	}
	state, err := r.stateOf(ctx, k.Conn)
	if err != nil {
		return nil, 0, connError("load", k.Conn, err)
	}
	data, rev, err := state.Load()
	return data, rev, connError("load", k.Conn, err)
}

// StoreValue sets a value of the application or of a live connection.
func (r *Recorder) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	if k.Conn == "" {
		return r.values.StoreValue(ctx, k, data, rev)
	}
	state, err := r.stateOf(ctx, k.Conn)
	if err == nil {
		rev, err = state.Store(data, rev)
	}
	return rev, connError("store", k.Conn, err)
}

// stateOf returns the state of a live connection.
func (r *Recorder) stateOf(ctx context.Context, id tyg.ConnID) (*values.One, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.check(ctx, id); err != nil {
		return nil, err
	}
	if r.states == nil {
		r.states = make(map[tyg.ConnID]*values.One)
	}
	if r.states[id] == nil {
		r.states[id] = new(values.One)
	}
	return r.states[id], nil
}
