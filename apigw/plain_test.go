package apigw_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// plainEvents are messages as hosts of tyg write them.
func plainEvents(t testing.TB) [][]byte {
	t.Helper()
	var events [][]byte
	for _, body := range []string{
		"x", `{"a":"b\\c"}`, "", "ü\n\r\t\x01 \u2028", strings.Repeat("y", 9e3),
	} {
		e := message()
		e.Message.Data = []byte(body)
		for _, agent := range []string{"", "test", `a "b" ü`} {
			e.Conn.UserAgent = agent
			data, err := apigw.MarshalEvent(e)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, data)
		}
	}
	return events
}

func TestOwnMessagesAreReadWithoutPackageJSON(t *testing.T) {
	for _, data := range plainEvents(t) {
		if !apigw.IsPlain(data) {
			t.Errorf("package json is needed for %.600s", data)
		}
	}
	binary := message()
	binary.Message.Type = tyg.Binary
	known := message()
	known.Conn.Identity.Principal = "ann"
	for _, e := range []tyg.Event{connect(), binary, known} {
		data, err := apigw.MarshalEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if apigw.IsPlain(data) {
			t.Errorf("package json was not asked for %s", data)
		}
	}
}

// sameAsJSON checks that an event is read as package json reads it. A space before it is not
// plain.
func sameAsJSON(t *testing.T, data []byte) {
	t.Helper()
	got, err := apigw.UnmarshalEvent(data, nil)
	want, wantErr := apigw.UnmarshalEvent(append([]byte(" "), data...), nil)
	if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(got, want) {
		t.Fatalf("read as %+v %+v, %v\nwant %+v %+v, %v\n%s",
			got, got.Conn, err, want, want.Conn, wantErr, data)
	}
}

func TestPlainEventsAreReadAsByPackageJSON(t *testing.T) {
	replaced := []string{
		"", "0", "9", "00", "-", ".", "1e1", `"`, `\`, `\"`, `\u00fc`, `\ud800`, "\xff", "\x00", "\n",
		"}", ",", "null", " ",
	}
	for n, data := range plainEvents(t) {
		sameAsJSON(t, data)
		for i := range data {
			if n != 5 && n != 11 {
				break // two with escapes in both strings of the client will do
			}
			sameAsJSON(t, data[:i])
			for _, r := range replaced {
				sameAsJSON(t, bytes.Join([][]byte{data[:i], data[i+1:]}, []byte(r)))
				sameAsJSON(t, bytes.Join([][]byte{data[:i], data[i:]}, []byte(r)))
			}
		}
	}
	data := plainEvents(t)[0]
	for _, n := range []string{
		"0", "01", "999999999999999999", "1000000000000000000",
		"9223372036854775808", "99999999999999999999", "-5", "1.5", `"5"`, "null",
	} {
		sameAsJSON(t, bytes.Replace(data, []byte("1705751697419"), []byte(n), 1))
	}
}

func BenchmarkUnmarshalOwnEvent(b *testing.B) {
	data, err := apigw.MarshalEvent(message())
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []struct {
		name string
		data []byte
	}{{"plain", data}, {"json", append([]byte(" "), data...)}} {
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := apigw.UnmarshalEvent(kind.data, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
