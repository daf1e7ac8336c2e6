package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/ws"
)

const recordHelp = `record writes what happens on a gateway to a file, as JSON lines: which
connections open, what their clients send, what they are sent, and how they end. URL is that of
the inspector, which tyg local, tyg gateway and programs with -inspect print. Its token is behind
the #, or in TYG_INSPECT_TOKEN.

It records until it is interrupted, or for the time of --for. "tyg replay" plays the file against
any server and compares the answers.

The values of headers, of parameters of the query and of keys in JSON that look like secrets are
written as [redacted]: Authorization, Cookie, password, token, api_key and the like.
--redact-header and --redact-key add names. Everything else is written as it is: treat the file
like the data of your users.`

const recordExample = `  tyg record 'http://127.0.0.1:8001/#TOKEN' -o session.jsonl
  tyg record http://127.0.0.1:9090/inspect/ --redact-key iban -o session.jsonl
  tyg local --record session.jsonl`

// A recordRun has the flags of record.
type recordRun struct {
	page    *url.URL
	token   string
	output  string
	length  time.Duration
	headers []string
	keys    []string
}

func newRecord(e *cli.Env) *cobra.Command {
	var r recordRun
	cmd := &cobra.Command{
		Use:               "record URL",
		SuggestFor:        []string{"capture", "tape"},
		Short:             "Record what happens on a gateway, for replay",
		Long:              recordHelp,
		Example:           recordExample,
		Args:              cli.ExactArgs("URL"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(cmd, e, args[0]); err != nil {
				return err
			}
			return r.run(cmd.Context(), e)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&r.output, "output", "o", "-", "write to `FILE`; - is standard output")
	cli.AddDuration(cmd, &r.length, cli.Range[time.Duration]{
		Name: "for", Low: time.Millisecond, High: 7 * day,
		Usage: "record for this `TIME` (default until it is interrupted)",
	})
	f.StringArrayVar(&r.headers, "redact-header", nil, "leave out the values of the header `NAME`")
	f.StringArrayVar(&r.keys, "redact-key", nil,
		"leave out the values of the parameter or key `NAME`")
	return cmd
}

// check reports a usage error.
func (r *recordRun) check(cmd *cobra.Command, e *cli.Env, page string) error {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return cli.Usagef(cmd, "URL %q: use that of the inspector, such as http://127.0.0.1:8001/#TOKEN",
			redact.Text(page))
	}
	r.token = cmp.Or(u.Fragment, e.Getenv("TYG_INSPECT_TOKEN"))
	u.Fragment = ""
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	if r.page = u; r.token == "" {
		return cli.Usagef(cmd, "URL %q has no token: add it behind #, or set TYG_INSPECT_TOKEN", page)
	}
	for _, name := range r.headers {
		if !ws.IsToken(name) {
			return cli.Usagef(cmd, "--redact-header %q is not the name of a header", name)
		}
	}
	for _, name := range r.keys {
		if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
			return cli.Usagef(cmd, "--redact-key %q is not the name of a key", name)
		}
	}
	if r.output == "-" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(r.output)); err != nil || !info.IsDir() {
		return cli.Usagef(cmd, "--output %q: there is no such directory", r.output)
	}
	return nil
}

// run records.
func (r *recordRun) run(ctx context.Context, e *cli.Env) error {
	limited := ctx
	if r.length > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, r.length)
		defer cancel()
	}
	body, err := r.open(limited)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	defer body.Close()
	out := e.Stdout
	if r.output != "-" {
		f, err := os.OpenFile(r.output, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("record: %w", err)
		}
		defer f.Close()
		out = f
		fmt.Fprintf(e.Stderr, "tyg: recording to %s; Ctrl-C ends it\n", r.output)
	}
	n, err := copyLines(out, body)
	switch {
	case limited.Err() != nil:
		err = nil // that is how a recording ends
	case err == nil:
		err = errors.New("the gateway has ended, and the recording with it")
	}
	if r.output != "-" {
		fmt.Fprintf(e.Stderr, "tyg: %d lines\n", n)
	}
	return err
}

// open asks the inspector for a recording.
func (r *recordRun) open(ctx context.Context) (io.ReadCloser, error) {
	u := r.page.JoinPath("api/record")
	u.RawQuery = url.Values{"header": r.headers, "key": r.keys}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if res.StatusCode == http.StatusOK && res.Header.Get("Content-Type") == "application/jsonl" {
		return res.Body, nil
	}
	defer res.Body.Close()
	var answer struct{ Error string }
	_ = json.NewDecoder(io.LimitReader(res.Body, 4<<10)).Decode(&answer)
	if answer.Error == "" {
		answer.Error = "this is not the address of an inspector"
	}
	return nil, fmt.Errorf("record: the server says %s: %s", res.Status, answer.Error)
}

// maxRecordLine bounds a line, which is held in memory until it is whole.
const maxRecordLine = 64 << 20 // as for reading them

// copyLines copies whole lines, so that a recording that is cut off can be read. It returns their
// number.
func copyLines(to io.Writer, from io.Reader) (lines int, err error) {
	var rest []byte
	buf := make([]byte, 256<<10)
	for {
		n, err := from.Read(buf)
		rest = append(rest, buf[:n]...)
		if end := bytes.LastIndexByte(rest, '\n') + 1; end > 0 {
			lines += bytes.Count(rest[:end], []byte("\n"))
			if _, err := to.Write(rest[:end]); err != nil {
				return lines, err
			}
			rest = append(rest[:0], rest[end:]...)
		}
		if len(rest) > maxRecordLine {
			return lines, fmt.Errorf("a line is over %d MB: this is no recording", maxRecordLine>>20)
		}
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}
