package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/visible"
)

// code returns the code of an MFA device: that of the flag or the variable, or what is typed.
func (r *stageCommand) code(ctx context.Context, device string) (string, error) {
	if code := cmp.Or(r.MFACode, r.e.Getenv("TYG_MFA_CODE")); code != "" {
		return code, nil
	}
	if _, ok := terminal.Of(r.e.Stdin); !ok {
		return "", &awsconfig.CodeError{Text: visible.Line(device) + "; there is no terminal to ask " +
			"on: give --mfa-code or TYG_MFA_CODE"}
	}
	fmt.Fprintf(r.e.Stderr, "Code of MFA device %s: ", visible.Line(device))
	typed := make(chan string, 1)
	go func() { typed <- readLine(r.e.Stdin) }() // ends with a line or the process
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.e.Stderr)
		return "", cli.ErrInterrupted
	case line := <-typed:
		return strings.TrimSpace(line), nil
	}
}

// readLine reads a line byte by byte, so that what follows is left for the next question.
func readLine(in io.Reader) string {
	var line []byte
	b := make([]byte, 1)
	for {
		n, err := in.Read(b)
		if n == 1 && b[0] != '\n' {
			line = append(line, b[0])
		}
		if err != nil || n == 1 && b[0] == '\n' {
			return string(line)
		}
	}
}
