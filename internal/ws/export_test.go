package ws

// NextSlow is Next without the fast path for common messages.
func (r *Reader) NextSlow(b []byte) (Message, int, error) {
	if r.lent != nil {
		r.takeBack()
	}
	return r.next(b, nil)
}
