package cluster

import (
	"errors"

	"github.com/tyg-dev/tyg"
)

// A code is an error on the wire.
type code uint8

// The codes. One that was used is never used for another error.
const (
	codeOK code = iota
	codeOther
	codeGone
	codeThrottled
	codeTooLarge
	codeNotText
	codeBinary
	codeInvalidID
	codeConflict
	codeUnsupported
	codeNotDelivered   // a relay has reached no node
	codeOutcomeUnknown // a relay has got no answer
	codeLate           // a later command of the same node was executed before
)

// errorOf are the errors that have a code of their own.
func errorOf(c code) error {
	switch c {
	case codeGone:
		return tyg.ErrGone
	case codeThrottled:
		return tyg.ErrThrottled
	case codeTooLarge:
		return tyg.ErrTooLarge
	case codeNotText:
		return tyg.ErrNotText
	case codeBinary:
		return tyg.ErrBinary
	case codeInvalidID:
		return tyg.ErrInvalidID
	case codeConflict:
		return tyg.ErrConflict
	case codeUnsupported:
		return errors.ErrUnsupported
	case codeNotDelivered:
		return tyg.ErrUnavailable
	case codeOutcomeUnknown:
		return tyg.ErrOutcomeUnknown
	}
	return nil
}

// codeOf returns the code of an error.
func codeOf(err error) code {
	if err == nil {
		return codeOK
	}
	for c := codeGone; c < codeLate; c++ {
		if errors.Is(err, errorOf(c)) {
			return c
		}
	}
	return codeOther
}

// failed returns the reply that says err.
func failed(err error) reply {
	r := reply{code: codeOf(err)}
	if r.code == codeOther {
		r.text = err.Error()
	}
	return r
}

// err returns the error that r says, or nil.
func (r reply) err() error {
	if r.code == codeOK {
		return nil
	}
	if err := errorOf(r.code); err != nil {
		return err
	}
	return &remoteError{r.text}
}

// A remoteError is an error of another node that has no code.
type remoteError struct{ text string }

// Error returns the text of the other node.
func (e *remoteError) Error() string { return "the node of the connection: " + e.text }
