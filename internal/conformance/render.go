package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tyg-dev/tyg/internal/visible"
)

// WriteTable writes the report as a table of text.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, result := range r.Results {
		fmt.Fprintf(t, "%v\t%s\t%s\t%s\n", result.Outcome, result.ID, result.Section, result.Title)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	for _, o := range []Outcome{Noted, NotRun, Failed} {
		r.writeDetails(w, o)
	}
	_, err := fmt.Fprintf(w, "\n%s, in %v\n", r.summary(), r.Took.Round(time.Millisecond))
	return err
}

// writeDetails writes the details of the cases with an outcome. An error of w is reported by the
// next write.
func (r *Report) writeDetails(w io.Writer, o Outcome) {
	if r.Count(o) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", strings.ToUpper(o.String()))
	for _, result := range r.Results {
		if result.Outcome == o {
			fmt.Fprintf(w, "  %s (%s): %s\n    %s\n", result.ID, source(result.Case), result.Title,
				visible.Block(result.Detail, "    "))
		}
	}
}

func (r *Report) summary() string {
	return fmt.Sprintf("%d cases: %d passed, %d failed, %d noted, %d not run",
		len(r.Results), r.Count(Passed), r.Count(Failed), r.Count(Noted), r.Count(NotRun))
}

// jsonReport is a Report as JSON.
type jsonReport struct {
	URL       string       `json:"url"`
	Command   string       `json:"command,omitempty"`
	TimeScale float64      `json:"timeScale"`
	Started   time.Time    `json:"started"`
	Passed    int          `json:"passed"`
	Failed    int          `json:"failed"`
	Noted     int          `json:"noted"`
	NotRun    int          `json:"notRun"`
	Cases     []jsonResult `json:"cases"`
}

type jsonResult struct {
	ID      string `json:"id"`
	Section string `json:"section"`
	Title   string `json:"title"`
	Judged  bool   `json:"judged"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail,omitempty"`
	Millis  int64  `json:"millis"`
}

// WriteJSON writes the report as one JSON object. Outcomes are pass, fail, noted and not run.
func (r *Report) WriteJSON(w io.Writer) error {
	out := jsonReport{
		URL: r.URL, Command: r.Command, TimeScale: r.TimeScale, Started: r.Started,
		Passed: r.Count(Passed), Failed: r.Count(Failed), Noted: r.Count(Noted), NotRun: r.Count(NotRun),
	}
	for _, result := range r.Results {
		out.Cases = append(out.Cases, jsonResult{
			ID: result.ID, Section: result.Section, Title: result.Title, Judged: result.Judged,
			Outcome: strings.ToLower(result.Outcome.String()), Detail: result.Detail,
			Millis: result.Took.Milliseconds(),
		})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // strings and numbers cannot fail
	if _, err := w.Write(visible.JSON(b.Bytes())); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
