package spec

import "testing"

func TestParseRelease(t *testing.T) {
	for _, want := range []Release{
		{Number: 1}, {7, "0123456789ab"}, {999_999_999, "0123456789ab+changes"},
	} {
		if got := ParseRelease(want.String()); got != want {
			t.Errorf("%q is %+v, want %+v", want, got, want)
		}
	}
	for _, text := range []string{
		"", "tyg release 0", "tyg release 07", "tyg release 1 ", "my tyg release 1",
		"tyg release 1 of main", "tyg release 1234567890", "tyg release 1 of 0123456789ab+x",
	} {
		if got := ParseRelease(text); got != (Release{}) {
			t.Errorf("%q is %+v, and is no release", text, got)
		}
	}
}
