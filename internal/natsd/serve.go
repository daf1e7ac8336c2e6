package natsd

import (
	"errors"
	"fmt"
	"io"
)

// Serve runs a server as a child process: it writes the URL of the server and a newline to out, and
// stops the server when in ends. The parent holds the other end of in, so the server also stops
// when the parent dies. A server that cannot keep data any more is an error.
func Serve(cfg Config, in io.Reader, out io.Writer) error {
	s, err := Start(cfg)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, s.URL())
	if err == nil {
		ended := make(chan error, 1)
		go func() { // ends with the parent, or with the process
			_, err := io.Copy(io.Discard, in)
			ended <- err
		}()
		select {
		case err = <-ended:
		case err = <-s.Failed():
		}
	}
	return errors.Join(err, s.Shutdown())
}
