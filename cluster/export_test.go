package cluster

import "github.com/tyg-dev/tyg"

// Handler returns the handler that n was made with.
func (n *Node) Handler() tyg.Handler { return n.handler }
