// Package terminal is what tyg knows of terminals.
package terminal

import (
	"os"

	"golang.org/x/term"
)

// Of returns the file behind a stream if it is a terminal.
func Of(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}
