package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestBarsBeginWithTheBest(t *testing.T) {
	bars := []Bar{{"slow", 10, false}, {"tyg", 1540, true}, {"<fast>", 2000, false}}
	for _, test := range []struct {
		less bool
		want string
	}{
		{false, "<title>Speed: &lt;fast&gt; 2,000, tyg 1,540, slow 10</title>"},
		{true, "<title>Speed: slow 10, tyg 1,540, &lt;fast&gt; 2,000</title>"},
	} {
		text := Bars{Title: "Speed", Unit: "messages", Less: test.less, Bars: bars}.SVG()
		if !strings.Contains(text, test.want) {
			t.Errorf("no %s in\n%s", test.want, text)
		}
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestBarsHaveLengthsByValue(t *testing.T) {
	text := Bars{Bars: []Bar{{"all", 100, false}, {"half", 50, true}, {"none", 0, false}}}.SVG()
	for _, want := range []string{`width="510.0"`, `width="255.0"`, `width="1.0"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no bar of %s in\n%s", want, text)
		}
	}
	if empty := (Bars{}).SVG(); !strings.Contains(empty, "</svg>") {
		t.Errorf("a chart without bars is %s", empty)
	}
}
