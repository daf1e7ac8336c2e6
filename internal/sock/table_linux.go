package sock

import "sync/atomic"

// table maps a descriptor to its Conn. Descriptors are small and dense, so it is an array, in
// chunks that are allocated when first needed.
type table struct {
	chunks [4096]atomic.Pointer[chunk]
}

type chunk [1024]atomic.Pointer[Conn]

// get returns nil where set was not called.
func (t *table) get(fd int) *Conn {
	if k := t.chunks[fd/len(chunk{})].Load(); k != nil {
		return k[fd%len(chunk{})].Load()
	}
	return nil
}

// set reports false if fd is beyond the table.
func (t *table) set(fd int, c *Conn) bool {
	i := fd / len(chunk{})
	if i >= len(t.chunks) {
		return false
	}
	k := t.chunks[i].Load()
	if k == nil {
		t.chunks[i].CompareAndSwap(nil, new(chunk))
		k = t.chunks[i].Load()
	}
	k[fd%len(chunk{})].Store(c)
	return true
}
