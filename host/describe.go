package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/pages"
)

// DescribeVariable is the environment variable that makes [Run] print the [tyg.Description] of the
// application, as one line of JSON on standard output, and return, whatever its value. This is how
// a gateway in front of a program, and "tyg deploy", learn which routes it has. The JSON has
// "pages": true if the application has pages; with the value "pages" Run prints those instead, as a
// ZIP archive.
const DescribeVariable = "TYG_DESCRIBE"

// A description is what describe prints.
type description struct {
	tyg.Description
	Pages bool `json:"pages,omitempty"`
}

// describe prints the description. The line feed before it ends a line that the program may have
// begun.
func describe(app *tyg.App, out io.Writer) error {
	d := app.Describe()
	line, err := json.Marshal(description{d, d.Pages != nil})
	if err == nil {
		_, err = fmt.Fprintf(out, "\n%s\n", line)
	}
	if err != nil {
		return fmt.Errorf("describe application: %w", err)
	}
	return nil
}

// printPages prints the application's pages.
func printPages(app *tyg.App, out io.Writer) error {
	files := app.Describe().Pages
	if files == nil {
		return errors.New("the application has no pages")
	}
	return pages.Write(out, files)
}
