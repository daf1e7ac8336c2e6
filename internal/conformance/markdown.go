package conformance

import (
	"fmt"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/internal/visible"
)

const markdownIntro = `# Conformance

How does the gateway compare with Amazon API Gateway's WebSocket APIs? Every line of this page is a
case that a program ran against an endpoint over its sockets. The page is generated; do not edit it.

A **judged** case passes or fails. The behaviour that it requires is documented by AWS, or was seen
at API Gateway and published; each section names its most important source. Frames are judged by
RFC 6455 and RFC 7692. Where API Gateway's behaviour is not known, a case is **noted**: it records
what this endpoint did. The same cases, run against ` + "`examples/probe`" + ` on AWS, settle those.
`

// WriteMarkdown writes the report as a page: a table for each section, and then what was noted.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(markdownIntro)
	fmt.Fprintf(&b, "\n- Date: %s\n", r.Started.UTC().Format("2006-01-02"))
	if r.Command != "" {
		fmt.Fprintf(&b, "- Command: `%s`\n", r.Command)
	}
	if r.TimeScale != 1 {
		fmt.Fprintf(&b, "- Time limits passed %v times faster than at API Gateway.\n", r.TimeScale)
	}
	fmt.Fprintf(&b, "- %s.\n", r.summary())
	for _, s := range Sections() {
		r.writeSection(&b, s)
	}
	r.writeNotes(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}

func (r *Report) writeSection(b *strings.Builder, s Section) {
	first := true
	for _, result := range r.Results {
		if result.Section != s.Key || !result.Judged {
			continue
		}
		if first {
			fmt.Fprintf(b, "\n## %s %s\n\n[Source](%s)\n\n| Case | Expected | |\n|---|---|---|\n",
				s.Key, s.Title, s.Source)
			first = false
		}
		outcome := result.Outcome.String()
		if result.Detail != "" {
			outcome += ": " + cell(result.Detail)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", result.ID, cell(result.Title), outcome)
	}
}

// writeNotes writes what the cases noted that are not judged.
func (r *Report) writeNotes(b *strings.Builder) {
	first := true
	for _, result := range r.Results {
		if result.Judged {
			continue
		}
		if first {
			b.WriteString("\n## Not known of API Gateway\n\n" +
				"| Case | Question | This endpoint |\n|---|---|---|\n")
			first = false
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", result.ID, cell(result.Title), cell(result.Detail))
	}
}

// cell escapes text for a cell of a table.
func cell(text string) string {
	text = strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;").Replace(text)
	return visible.Line(text)
}
