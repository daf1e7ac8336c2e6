package value_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/value"
)

func TestIn(t *testing.T) {
	for _, v := range []float64{0.5, 1, 2} {
		if err := value.In(v, 0.5, 2, "a number"); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
	for _, v := range []float64{0.4, 2.1, math.NaN(), math.Inf(1)} {
		err := value.In(v, 0.5, 2, "a number")
		if err == nil || err.Error() != "use a number from 0.5 to 2" {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestRules(t *testing.T) {
	for _, test := range []struct {
		name      string
		check     func(string) error
		good, bad string // separated by spaces
	}{
		{
			"Addr", value.Addr, ":0 127.0.0.1:8000 [::1]:65535 localhost:80",
			"8000 ::1:8000 localhost localhost: localhost:http :65536 :-1 http://a:80 a/b:80 a@b:80",
		},
		{
			"Stage", value.Stage, "a dev_1-B " + strings.Repeat("x", 128),
			"a/b $default é a%b " + strings.Repeat("x", 129),
		},
		{
			"HTTPURL", value.HTTPURL, "http://a https://a:1/b?c=d http://[::1]:80/",
			"a ftp://a http:// http://:80 http://a:b/ ws://a http:a",
		},
	} {
		for _, text := range strings.Fields(test.good) {
			if err := test.check(text); err != nil {
				t.Errorf("%s(%q): %v", test.name, text, err)
			}
		}
		for _, text := range append(strings.Fields(test.bad), "", "a b") {
			if test.check(text) == nil {
				t.Errorf("%s(%q) gave no error", test.name, text)
			}
		}
	}
}
