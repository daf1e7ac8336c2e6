package functions

// peakMemory returns how much memory the process has had at most, in MB, and 0 if that is not
// known.
func (p *process) peakMemory() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	kb := p.peak
	if p.alive {
		kb = livePeak(p.cmd.Process.Pid)
	}
	return (kb + 1023) / 1024
}

// notePeak is for a process that has ended.
func (p *process) notePeak() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peak = finalPeak(p.cmd.ProcessState)
}
