package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// The range of flags that let time pass faster: from a thousandth to a day in a second.
const (
	MinTimeScale = 0.001
	MaxTimeScale = 86400
)

// A Range is a flag with a number, and what it may be.
type Range[T cmp.Ordered] struct {
	Name, Short string // Short is one letter or empty
	Low, High   T
	Usage       string
}

// AddInt adds a flag for a whole number to cmd. The value of to is the default; 0 means that there
// is none to show.
func AddInt(cmd *cobra.Command, to *int, r Range[int]) {
	add(cmd, &ranged[int]{Range: r, to: to, what: "a whole number", parse: strconv.Atoi})
}

// AddFloat adds a flag for a number to cmd. The value of to is the default.
func AddFloat(cmd *cobra.Command, to *float64, r Range[float64]) {
	parse := func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	add(cmd, &ranged[float64]{Range: r, to: to, what: "a number", parse: parse})
}

// AddDuration adds a flag for a time to cmd. The value of to is the default; 0 means that there is
// none to show.
func AddDuration(cmd *cobra.Command, to *time.Duration, r Range[time.Duration]) {
	add(cmd, &ranged[time.Duration]{Range: r, to: to, what: "a time", parse: time.ParseDuration})
}

func add[T cmp.Ordered](cmd *cobra.Command, v *ranged[T]) {
	cmd.Flags().VarP(v, v.Name, v.Short, v.Usage)
}

// A ranged is the value of a Range.
type ranged[T cmp.Ordered] struct {
	Range[T]
	to    *T
	what  string
	parse func(string) (T, error)
}

// Set sets the flag to a value in its range.
func (r *ranged[T]) Set(text string) error {
	v, err := r.parse(text)
	if e := value.In(v, r.Low, r.High, r.what); err != nil || e != nil {
		return &flagError{r.Name, text, fmt.Errorf("use %s from %v to %v", r.what, r.Low, r.High)}
	}
	*r.to = v
	return nil
}

// String returns the value, or nothing for the zero value.
func (r *ranged[T]) String() string {
	var zero T
	if r.to == nil || *r.to == zero {
		return ""
	}
	return fmt.Sprint(*r.to)
}

// Bounds returns the range for people.
func (r *ranged[T]) Bounds() string { return fmt.Sprintf("%v to %v", r.Low, r.High) }

// Type returns the name of the type, with which tests find flags that have a range.
func (r *ranged[T]) Type() string { return "range" }

// Addr returns the address to listen on: that of the flag --addr, or else of TYG_ADDR, or else the
// given one.
func Addr(
	cmd *cobra.Command, flag string, getenv func(string) string, otherwise string,
) (string, error) {
	if flag != "" {
		if err := value.Addr(flag); err != nil {
			return "", Usagef(cmd, "--addr %q: %w", flag, err)
		}
		return flag, nil
	}
	if addr := getenv("TYG_ADDR"); addr != "" {
		if err := value.Addr(addr); err != nil {
			return "", fmt.Errorf("environment variable TYG_ADDR: %q: %w", addr, err)
		}
		return addr, nil
	}
	return otherwise, nil
}

// A flagError is a wrong value of a flag.
type flagError struct {
	name, text string
	err        error
}

func (e *flagError) Error() string { return fmt.Sprintf("--%s %q: %v", e.name, e.text, e.err) }

// flagFailure words the errors of a command line that package pflag finds.
func flagFailure(cmd *cobra.Command, err error) error {
	if own, ok := errors.AsType[*flagError](err); ok {
		return Usagef(cmd, "%w", own)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		cause := wrong.Unwrap()
		if _, ok := errors.AsType[*strconv.NumError](cause); ok { // numbers have a Range
			cause = errors.New("use true or false")
		}
		return Usagef(cmd, "--%s %q: %w", wrong.GetFlag().Name, wrong.GetValue(), cause)
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return Usagef(cmd, "%w%s", err, strict.DidYouMean("--"+unknown.GetSpecifiedName(), names))
	}
	return Usagef(cmd, "%w", err)
}

// plainUsage removes the marks around the names of values from the usage of all flags. Completion
// shows the text as it is; help replaces the marks.
func plainUsage(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for _, sub := range cmd.Commands() {
		plainUsage(sub)
	}
}
