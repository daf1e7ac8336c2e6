package sock

import "syscall"

// await sets SO_RCVLOWAT, for TCP the least that is an event. If so much is there already, that is
// an event too.
func (p *polled) await(n int) {
	if int(p.awaited.Load()) == n || !p.incref() {
		return
	}
	defer p.decref()
	p.awaited.Store(int32(n))
	// Without it, there are more events than needed.
	_ = syscall.SetsockoptInt(int(p.fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, max(n, 1))
}
