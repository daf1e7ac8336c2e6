package inspect

// Idle reports whether the gateway is not observed.
func (i *Inspector) Idle() bool {
	i.watch.Lock()
	defer i.watch.Unlock()
	return i.stop == nil
}
