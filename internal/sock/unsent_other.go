//go:build !linux

package sock

import "net"

// unsent knows nothing here.
func unsent(net.Conn) (n int, known bool) { return 0, false }
