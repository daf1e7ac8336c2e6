package host

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/tyg-dev/tyg"
)

// DescribeVariable is the environment variable that makes [Run] print the [tyg.Description] of the
// application, as one line of JSON on standard output, and return, whatever its value. This is how
// a gateway in front of a program, and "tyg deploy", learn which routes it has.
const DescribeVariable = "TYG_DESCRIBE"

// describe prints the description. The line feed before it ends a line that the program may have
// begun.
func describe(app *tyg.App, out io.Writer) error {
	line, err := json.Marshal(app.Describe())
	if err == nil {
		_, err = fmt.Fprintf(out, "\n%s\n", line)
	}
	if err != nil {
		return fmt.Errorf("describe application: %w", err)
	}
	return nil
}
