package replay

import "testing"

func TestCompareTellsWhatMatters(t *testing.T) {
	const idA, idB, idC = "AzFn98O76VmQgSw=", "nplBamudmH7Uk08=", "9nyvAo5ze0mJ63M="
	tests := []struct {
		name, recorded, replayed string
		path                     string // of the difference; "=" is none
	}{
		{"equal text", "hi", "hi", "="},
		{"other text", "hi", "ho", ""},
		{"ids in text", idA + " says hi", idB + " says hi", "="},
		{"ids and other text", idA + " says hi", idB + " says ho", ""},
		{"an id for a word", idA, "nothing", ""},
		{"JSON with other spaces", `{"a":1,"b":[1,2]}`, `{ "b" : [1, 2], "a" : 1 }`, "="},
		{"another number", `{"a":1}`, `{"a":2}`, "$.a"},
		{"a float is not an integer", `{"a":1.0}`, `{"a":1}`, "$.a"},
		{"another word deep inside", `{"a":[{"b":"x"}]}`, `{"a":[{"b":"y"}]}`, "$.a[0].b"},
		{"a key less", `{"a":1,"b":2}`, `{"a":1}`, "$.b"},
		{"a key more", `{"a":1}`, `{"a":1,"b":2}`, "$.b"},
		{"a longer list", `[1]`, `[1,2]`, "$"},
		{"another type", `{"a":"1"}`, `{"a":1}`, "$.a"},
		{"null", `{"a":null}`, `{"a":false}`, "$.a"},
		{"times in milliseconds", `{"at":1764508804123}`, `{"at":1764599999999}`, "="},
		{"times in seconds", `{"at":1764508804}`, `{"at":1764599999}`, "="},
		{"a time for a small number", `{"at":1764508804123}`, `{"at":5}`, "$.at"},
		{"long numbers that are no times", `{"n":9999999999999}`, `{"n":9999999999998}`, "$.n"},
		{"dates", `{"at":"2026-11-30T13:21:17.002632615Z"}`, `{"at":"2026-12-01 08:00:00+01:00"}`, "="},
		{"a date for a word", `{"at":"2026-11-30T13:21:17Z"}`, `{"at":"now"}`, "$.at"},
		{
			"UUIDs", `{"id":"6f2c1e0a-1b2c-4d3e-8f90-a1b2c3d4e5f6"}`,
			`{"id":"00000000-0000-4000-8000-000000000001"}`, "=",
		},
		{"hexadecimal numbers of another length", `"x 0123456789abcdef"`, `"x 0123456789abcdef01"`, ""},
		{"the same id twice", `["` + idA + `","` + idA + `"]`, `["` + idB + `","` + idB + `"]`, "="},
		{"two ids for one", `["` + idA + `","` + idA + `"]`, `["` + idB + `","` + idC + `"]`, "$[1]"},
		{"one id for two", `["` + idA + `","` + idB + `"]`, `["` + idC + `","` + idC + `"]`, "$[1]"},
		{"a redacted value", `{"token":"[redacted]"}`, `{"token":{"any":1}}`, "="},
		{"an ignored key", `{"took_ms":1}`, `{"took_ms":2}`, "="},
		{"an ignored key that is not there", `{"took_ms":1}`, `{}`, "="},
	}
	for _, tt := range tests {
		d := newMatcher([]string{"took_ms"}).compare([]byte(tt.recorded), []byte(tt.replayed), false)
		switch {
		case d == nil && tt.path != "=":
			t.Errorf("%s: no difference of %s and %s", tt.name, tt.recorded, tt.replayed)
		case d != nil && d.path != tt.path:
			t.Errorf("%s: the difference is %+v, want at %q", tt.name, d, tt.path)
		}
	}
	m := newMatcher(nil)
	if d := m.compare([]byte{1, 2}, []byte{1, 3}, true); d == nil {
		t.Error("binary messages do not differ")
	}
}

// What a comparison that fails has learned about ids does not count.
func TestOnlyEqualMessagesTeachIDs(t *testing.T) {
	const then, now, other = "AzFn98O76VmQgSw=", "nplBamudmH7Uk08=", "9nyvAo5ze0mJ63M="
	m := newMatcher(nil)
	if m.compare([]byte(then+" a"), []byte(other+" b"), false) == nil {
		t.Error("they do not differ")
	}
	if d := m.compare([]byte(then+" a"), []byte(now+" a"), false); d != nil {
		t.Errorf("they differ: %+v", d)
	}
	if m.compare([]byte(then+" a"), []byte(other+" a"), false) == nil {
		t.Error("an id has two counterparts")
	}
	got := m.translate(`{"to":"` + then + `","x":"` + other + `"}`)
	if want := `{"to":"` + now + `","x":"` + other + `"}`; got != want {
		t.Errorf("translated to %s", got)
	}
}
