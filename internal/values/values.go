// Package values keeps values with revisions in memory.
package values

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// A Memory keeps the values of an application. The zero Memory is empty. It is the part of
// [tyg.Values] that is about keys without a connection.
type Memory struct {
	mu    sync.Mutex
	last  tyg.Revision // that was given out; none is used twice
	cells map[string]cell
}

// A cell is a value. The zero cell is one that does not exist.
type cell struct {
	data []byte
	rev  tyg.Revision
}

var _ tyg.Values = (*Memory)(nil)

// LoadValue returns a copy of the value.
func (m *Memory) LoadValue(_ context.Context, k tyg.ValueKey) ([]byte, tyg.Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.cells[k.Name]
	return bytes.Clone(c.data), c.rev, nil
}

// StoreValue sets or removes the value if its revision is rev.
func (m *Memory) StoreValue(
	_ context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == 0 {
		// Another process may have given out revisions before this one, and clients may keep them.
		m.last = tyg.Revision(time.Now().UnixMicro())
	}
	c, err := m.cells[k.Name].set(data, rev, &m.last)
	if err != nil {
		return 0, err
	}
	if c.rev == 0 {
		delete(m.cells, k.Name)
		return 0, nil
	}
	if m.cells == nil {
		m.cells = make(map[string]cell)
	}
	m.cells[k.Name] = c
	return c.rev, nil
}

// set returns the cell after a change, whose revision follows last.
func (c cell) set(data []byte, rev tyg.Revision, last *tyg.Revision) (cell, error) {
	if rev != tyg.AnyRevision && rev != c.rev {
		return c, tyg.ErrConflict
	}
	if data == nil {
		return cell{}, nil
	}
	*last++
	return cell{append(make([]byte, 0, len(data)), data...), *last}, nil
}

// A One is one value. The zero One does not exist yet.
type One struct {
	mu   sync.Mutex
	last tyg.Revision
	cell cell
	over bool
}

// Load returns a copy of the value, or [tyg.ErrGone] after End.
func (o *One) Load() ([]byte, tyg.Revision, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return nil, 0, tyg.ErrGone
	}
	return bytes.Clone(o.cell.data), o.cell.rev, nil
}

// Store sets or removes the value if its revision is rev.
func (o *One) Store(data []byte, rev tyg.Revision) (tyg.Revision, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return 0, tyg.ErrGone
	}
	c, err := o.cell.set(data, rev, &o.last)
	if err != nil {
		return 0, err
	}
	o.cell = c
	return c.rev, nil
}

// End removes the value for good.
func (o *One) End() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cell, o.over = cell{}, true
}
