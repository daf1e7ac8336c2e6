package sock_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/sock"
)

// TestWriteTouchesFewBytes keeps what a write touches at the start of a Conn, where the sessions of
// package gateway have room for it in a line of the cache.
func TestWriteTouchesFewBytes(t *testing.T) {
	if n := sock.WriteSize(); n > 40 {
		t.Errorf("a write touches the first %d bytes", n)
	}
}
