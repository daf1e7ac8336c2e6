// Package reqbody reads the bodies of requests into memory that is bounded for all of them
// together. An http.Server bounds neither how many bodies arrive at one time nor their bytes.
package reqbody

import (
	"errors"
	"io"
	"sync"
)

var (
	// ErrTooLarge is the error of a body that is longer than its limit, or than the whole Budget.
	ErrTooLarge = errors.New("the body is too large")

	// ErrBusy is the error of a body for which there is no room now. It may be sent again later.
	ErrBusy = errors.New("too many bodies are arriving at the same time")
)

// A Budget is the memory for the bodies of requests. Its fields must not be changed after the first
// Read; a limit of 0 is none. Its methods may be called from many goroutines at once.
type Budget struct {
	Bodies int // that arrive at one time
	Bytes  int // of all bodies until they are released, their spare capacity included

	mu       sync.Mutex
	arriving int
	held     int // bytes
}

// A Body is a body that was read.
type Body struct {
	Data   []byte
	budget *Budget
	held   int
}

// Read reads r to its end, and at most limit bytes, if limit is not 0. It takes memory as the bytes
// arrive, not as the head claims them. Release the Body when its Data is no longer needed; after an
// error there is nothing to release.
func (b *Budget) Read(r io.Reader, limit int) (*Body, error) {
	if !b.begin() {
		return nil, ErrBusy
	}
	defer b.end()
	body := &Body{budget: b}
	if err := body.read(r, limit); err != nil {
		body.Release()
		return nil, err
	}
	return body, nil
}

// firstBytes is the first capacity of a body: most fit into it.
const firstBytes = 1 << 10

func (d *Body) read(r io.Reader, limit int) error {
	for {
		if len(d.Data) == cap(d.Data) {
			if err := d.grow(limit); err != nil {
				return err
			}
		}
		n, err := r.Read(d.Data[len(d.Data):cap(d.Data)])
		d.Data = d.Data[:len(d.Data)+n]
		switch {
		case limit > 0 && len(d.Data) > limit:
			return ErrTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// grow doubles the capacity, up to one byte more than limit, which tells that a body is longer.
func (d *Body) grow(limit int) error {
	size := max(firstBytes, 2*cap(d.Data))
	if limit > 0 {
		size = min(size, limit+1)
	}
	if d.budget.Bytes > 0 && size > d.budget.Bytes {
		return ErrTooLarge
	}
	if !d.budget.take(size - d.held) {
		return ErrBusy
	}
	d.held = size
	grown := make([]byte, len(d.Data), size)
	copy(grown, d.Data)
	d.Data = grown
	return nil
}

// Release returns the memory of d to the Budget. Data must not be used after. More calls than one,
// and a nil Body, do nothing.
func (d *Body) Release() {
	if d == nil {
		return
	}
	d.budget.mu.Lock()
	defer d.budget.mu.Unlock()
	d.budget.held -= d.held
	d.held, d.Data = 0, nil
}

func (b *Budget) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Bodies > 0 && b.arriving >= b.Bodies {
		return false
	}
	b.arriving++
	return true
}

func (b *Budget) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.arriving--
}

func (b *Budget) take(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Bytes > 0 && b.held+n > b.Bytes {
		return false
	}
	b.held += n
	return true
}

// Held returns how many bytes are held.
func (b *Budget) Held() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}
