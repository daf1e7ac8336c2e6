package gateway

import (
	"net"
	"net/netip"
	"slices"
)

// A crowd is the sockets that are no connections: their request has not arrived, or was for
// something else. As many may be open as connections, in all and of one address; proxies that are
// trusted count in all only. The lock of its acceptor guards it.
type crowd struct {
	max, maxPerAddress int // 0: no limit
	proxies            []netip.Prefix

	total      int
	perAddress map[netip.Addr]int
}

func (c *crowd) init(s *Server) {
	c.max, c.maxPerAddress, c.proxies = s.limits.Conns, s.limits.ConnsPerAddress, s.TrustedProxies
	c.perAddress = make(map[netip.Addr]int)
}

// counts reports whether sockets of addr are limited by their address.
func (c *crowd) counts(addr netip.Addr) bool {
	return isRemote(addr) && !slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool {
		return p.Contains(addr.Unmap().WithZone(""))
	})
}

// enter counts a socket of addr, unless there are too many.
func (c *crowd) enter(addr netip.Addr) bool {
	counts := c.counts(addr)
	key := subscriber(addr)
	if c.max > 0 && c.total >= c.max ||
		counts && c.maxPerAddress > 0 && c.perAddress[key] >= c.maxPerAddress {
		return false
	}
	c.total++
	if counts {
		c.perAddress[key]++
	}
	return true
}

// leave ends the count of a socket that has entered.
func (c *crowd) leave(addr netip.Addr) {
	c.total--
	key := subscriber(addr)
	if n := c.perAddress[key]; n > 1 {
		c.perAddress[key] = n - 1
	} else {
		delete(c.perAddress, key)
	}
}

// addrOf returns the address of the other end of nc, the zero one if it has none.
func addrOf(nc net.Conn) netip.Addr { return addrPortOf(nc.RemoteAddr()).Addr() }
