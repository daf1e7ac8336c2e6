//go:build !unix

package sock

import "net"

// raw does not exist here: every socket takes the plain path.
type raw struct{}

func (*raw) usable() bool                 { return false }
func (*raw) open(net.Conn, *stacks)       {}
func (*raw) serve(func() Turn) error      { return nil }
func (*raw) read([]byte) (int, error)     { return 0, nil }
func (*raw) tryWrite([]byte) (int, error) { return 0, nil }
