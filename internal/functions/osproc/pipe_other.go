//go:build !unix

package osproc

// pump reads the pipe until it ends.
func (p *pipe) pump() {
	b := make([]byte, readSize)
	for {
		n, err := p.r.Read(b)
		p.mu.Lock()
		p.deliver(b[:n], err != nil)
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// drain does nothing: here a pipe cannot be read without waiting.
func (p *pipe) drain() {}
