package profileflag_test

import (
	"flag"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/profileflag"
)

// TestEveryFieldHasAFlag sets each field of the profile through the flag that is named after it.
func TestEveryFieldHasAFlag(t *testing.T) {
	var flags profileflag.Flags
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	flags.Add(fs)
	var want gateway.Profile
	n := 0
	for _, part := range []struct {
		prefix string
		fields reflect.Value
	}{
		{"limit-", reflect.ValueOf(&want.Limits).Elem()},
		{"", reflect.ValueOf(&want.Extensions).Elem()},
		{"", reflect.ValueOf(&want).Elem()},
	} {
		for i := range part.fields.NumField() {
			if part.fields.Field(i).Kind() == reflect.Struct {
				continue // it has an entry of its own
			}
			n++
			name := part.prefix + flagName(part.fields.Type().Field(i).Name)
			if err := fs.Set(name, setField(part.fields.Field(i), n)); err != nil {
				t.Errorf("flag -%s: %v", name, err)
			}
		}
	}
	var got gateway.Profile
	if flags.Apply(&got); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestEveryFlagHasARange tries values outside of the range of each flag.
func TestEveryFlagHasARange(t *testing.T) {
	var flags profileflag.Flags
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	flags.Add(fs)
	fs.VisitAll(func(f *flag.Flag) {
		for _, text := range []string{
			"-2", "1073741825", "-99999999999999999999", "-2s", "8761h", "2", "2s", "x",
		} {
			err := fs.Set(f.Name, text)
			isSwitch := f.Name == "binary" || f.Name == "close-codes" || f.Name == "no-compression"
			unit := strings.HasSuffix(text, "s") || strings.HasSuffix(text, "h")
			number := text == "2" || text == "2s" ||
				text == "1073741825" && f.Name == "limit-memory"
			fits := number && !isSwitch && f.Name != "profile" &&
				unit == strings.Contains(f.Usage, "`time`")
			if (err == nil) != fits {
				t.Errorf("-%s %s: %v", f.Name, text, err)
			}
			if err != nil && strings.Contains(err.Error(), "strconv") {
				t.Errorf("-%s %s: %v", f.Name, text, err)
			}
		}
	})
}

// setField sets a field to a value that no other has, and returns it as a flag is written.
func setField(v reflect.Value, n int) string {
	switch v.Interface().(type) {
	case bool:
		v.SetBool(true)
		return "true"
	case time.Duration:
		v.SetInt(int64(time.Duration(n) * time.Second))
		return fmt.Sprint(n, "s")
	}
	v.SetInt(int64(n))
	return fmt.Sprint(n)
}

// flagName is "connections-per-address" for ConnsPerAddress.
func flagName(field string) string {
	field = strings.NewReplacer("Conns", "Connections", "TLS", "Tls").Replace(field)
	if field == strings.ToUpper(field) {
		return strings.ToLower(field)
	}
	var b strings.Builder
	for i, r := range field {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
