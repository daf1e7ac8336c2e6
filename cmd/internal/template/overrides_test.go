package template

import (
	"maps"
	"testing"
)

func TestParseOverrides(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                        {},
		" A=1  B=x,y\n C=k=v ":    {"A": "1", "B": "x,y", "C": "k=v"},
		`A="two words" B='a "b"'`: {"A": "two words", "B": `a "b"`},
		`A= B="" "C"=3`:           {"A": "", "B": "", "C": "3"},
		`A=it's B=x\ y C="\"q\""`: {"A": "it's", "B": "x y", "C": `"q"`},
		`A=C:\dir\ B`:             {"A": `C:\dir B`},
		`ParameterKey=A,ParameterValue="x y" ParameterKey=B,ParameterValue=2 C=3`: {
			"A": "x y", "B": "2", "C": "3",
		},
	} {
		got, err := parseOverrides(text)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%q gives %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"A=1 word B=2":     `"word": want NAME=VALUE or ParameterKey=NAME,ParameterValue=VALUE`,
		"=1":               `"=1": want NAME=VALUE or ParameterKey=NAME,ParameterValue=VALUE`,
		"ParameterKey=A":   `"ParameterKey=A": want NAME=VALUE or ParameterKey=NAME,ParameterValue=VALUE`,
		`A="open B=2`:      "the quote that begins the value of A does not end",
		`A="x"B=2 C='y" z`: "the quote that begins the value of C does not end",
	} {
		if got, err := parseOverrides(text); err == nil || err.Error() != want {
			t.Errorf("%q gives %q, %v, want %s", text, got, err, want)
		}
	}
}

func FuzzParseOverrides(f *testing.F) {
	f.Add(`A=1 B="two words" ParameterKey=C,ParameterValue='x'`)
	f.Add(`A=\`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseOverrides(text)
		for name := range all {
			if name == "" || err != nil {
				t.Errorf("%q gives %q, %v", text, all, err)
			}
		}
	})
}
