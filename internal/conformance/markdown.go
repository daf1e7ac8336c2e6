package conformance

import (
	"fmt"
	"io"
	"strings"
)

const markdownIntro = `# Conformance

Does it behave like Amazon API Gateway's WebSocket APIs? This page is the answer of a program: every
line is a case that was run against an endpoint over its sockets. It is generated; do not edit it.

A case that is **judged** passes or fails. What it demands is documented by AWS, or was seen at API
Gateway by people who published it; each section names its most important source. Frames are judged
by RFC 6455 and RFC 7692. Where nobody knows what API Gateway does, a case is **noted**: it tells what
this endpoint did. The same cases against a deployment of ` + "`examples/probe`" + ` on AWS settle those.
`

// WriteMarkdown writes the report as a page: the matrix by section, and after it what was noted.
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

// writeNotes writes what the cases that are not judged have seen.
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

// cell makes text fit into a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;").Replace(text)
}
