package terminal

import (
	"errors"
	"math"
	"runtime"
	"unicode/utf8"
)

// ErrTooLong means that a line was typed or pasted that a terminal may have cut short. More lines
// can be read.
var ErrTooLong = errors.New("the line was not sent: it is longer than this terminal passes on; " +
	"put it into a file, and send it with tyg connect < FILE")

// maxScreenLine is how many characters of a line package term keeps. It drops the others.
const maxScreenLine = 4096

// tooLong reports whether a line of a Screen may have been cut.
func tooLong(line string) bool { return utf8.RuneCountInString(line) >= maxScreenLine }

// MaxTyped returns the length in bytes from which on a line may have been cut that a terminal
// without a Screen has passed on.
func MaxTyped() int {
	switch runtime.GOOS {
	case "linux": // N_TTY_BUF_SIZE, https://man7.org/linux/man-pages/man3/termios.3.html
		return 4095
	case "windows":
		return math.MaxInt
	}
	return 1023 // MAX_CANON of macOS, without the end of the line
}
