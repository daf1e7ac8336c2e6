package strict

import (
	"errors"
	"testing"
)

func TestLocateFindsTheLineOfAKey(t *testing.T) {
	text := []byte("{\n\"a\": {\n  \"b\": [1,\n {\"c\": 2}]\n}, \"d\": null\n}")
	wrong := errors.New("wrong")
	for path, want := range map[string]string{
		"a": "2", "a.b": "3", "a.b[1].c": "4", "a.b[1].x": "3", "a.x.y": "2", "d": "5", "x": "1",
	} {
		if got := Locate(text, KeyError(path, wrong)); got.Error() != want+": "+path+": wrong" ||
			!errors.Is(got, wrong) {
			t.Errorf("%s: %v, want line %s", path, got, want)
		}
	}
	err := KeyError("a", KeyError("b", wrong))
	if got := Locate(text, err).Error(); got != "3: a.b: wrong" {
		t.Errorf("the error below another key is %s", got)
	}
	if got := Locate(text, wrong); got != wrong {
		t.Errorf("an error without a key is %v", got)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"a": {"b": [1, {"c": 2}]}}`))
	f.Add([]byte(`{"a": [[[`))
	f.Add([]byte(`[{"a": 1}, {"a": 2}] {}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for path, line := range Lines(data) {
			if line < 1 {
				t.Errorf("%q is in line %d", path, line)
			}
		}
	})
}
