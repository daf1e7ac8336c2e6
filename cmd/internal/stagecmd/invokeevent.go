package stagecmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/triggerevent"
)

// check reports flags that exclude each other.
func (i Invoke) check(cmd *cobra.Command) error {
	var given []string
	for name, set := range i.payloads() {
		if set {
			given = append(given, name)
		}
	}
	slices.Sort(given)
	switch {
	case len(given) > 1:
		return cli.Usagef(cmd, "%s and %s are two payloads; give one", given[0], given[1])
	case i.Local && i.Event != "":
		return cli.Usagef(cmd, "--event is for AWS; connect a client to tyg local: tyg connect")
	case i.Local && i.Name == "":
		return cli.Usagef(cmd, "name a function or a trigger of tyg local with --name")
	case !i.Local && cmd.Flags().Changed("addr"):
		return cli.Usagef(cmd, "--addr is where tyg local listens; add --local")
	}
	return nil
}

func (i Invoke) payloads() map[string]bool {
	return map[string]bool{
		"EVENT.json": i.File != "", "--sqs": len(i.SQS) > 0, "--sns": i.SNS != "",
		"--scheduled": i.Scheduled, "--event": i.Event != "",
	}
}

// TriggerEvent returns the payload that the flags for triggers describe, of a queue or topic that
// is called as the trigger if source is empty, or the text of the file. It returns nil if there are
// none.
func (i Invoke) TriggerEvent(p triggerevent.Place, source string) ([]byte, error) {
	now := time.Now()
	source = cmp.Or(source, i.Name)
	switch {
	case len(i.SQS) > 0:
		return triggerevent.SQS(p, source, i.SQS, now), nil
	case i.SNS != "":
		return triggerevent.SNS(p, source, i.SNS, now), nil
	case i.Scheduled:
		return triggerevent.Scheduled(p, i.Name, now), nil
	case i.File == "":
		return nil, nil
	}
	data, err := os.ReadFile(i.File)
	if err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	return data, CheckPayload(i.File, data)
}

// ReadPayload reads a payload from standard input.
func ReadPayload(in io.Reader) ([]byte, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	return data, CheckPayload("the payload on standard input", data)
}

// CheckPayload reports a payload that is neither JSON nor empty.
func CheckPayload(what string, data []byte) error {
	if len(bytes.TrimSpace(data)) > 0 && !json.Valid(data) {
		return errors.New(what + " is not JSON")
	}
	return nil
}

// FailedRecords returns an error if the reply of a function says that messages of a batch failed.
func (i Invoke) FailedRecords(reply []byte) error {
	failed := triggerevent.Failures(reply)
	if len(failed) == 0 {
		return nil
	}
	if len(i.SQS) == 0 {
		return fmt.Errorf("the function wants records again: %s", strings.Join(failed, ", "))
	}
	return fmt.Errorf("%d of %d messages failed; the log of the function says why",
		len(failed), len(i.SQS))
}
