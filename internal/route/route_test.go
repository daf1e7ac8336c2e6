package route_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/route"
)

const action = "$request.body.action"

func table(t testing.TB, expr string, keys ...string) *route.Table {
	t.Helper()
	table, err := route.New(expr, keys)
	if err != nil {
		t.Fatalf("New(%q, %q): %v", expr, keys, err)
	}
	return table
}

func TestSelect(t *testing.T) {
	for _, test := range []struct {
		expr, body, want string
	}{
		// The table of API Gateway's documentation.
		{action, `{"action":"join"}`, "join"},
		{
			"${request.body.service}/${request.body.action}",
			`{"service":"chat","action":"join"}`,
			"chat/join",
		},
		{"${request.body.action}-${request.body.nope}", `{"action":"join"}`, "join-"},
		{"join", `{"any":"thing"}`, "join"},
		{"join", `not JSON`, "join"},
		{`\$default`, `{"action":"join"}`, "$default"},

		// Paths.
		{"$request.body.a.b", `{"a":{"b":"join"}}`, "join"},
		{"$request.body.a.b", `{"a":{"c":"join"}}`, "$default"},
		{"$request.body.a.b", `{"a":"join","b":"join"}`, "$default"},
		{"$request.body.a[1]", `{"a":["x","join"]}`, "join"},
		{"$request.body.a[2]", `{"a":["x","join"]}`, "$default"},
		{"$request.body.a[1].b", `{"a":[1,{"b":"join"}]}`, "join"},
		{"$request.body['action']", `{"action":"join"}`, "join"},
		{"$request.body['a.b c']", `{"a.b c":"join"}`, "join"},
		{"${request.body.my-action}", `{"my-action":"join"}`, "join"},
		{"$request.body.my-action", `{"my-action":"join"}`, "join"},
		{"$request.body.0", `{"0":"join"}`, "join"},
		{"$request.body.äction", `{"äction":"join"}`, "join"},
		{"${request.body.a}${request.body.a.b}", `{"a":"join"}`, "join"},
		{"${request.body.a.b}${request.body.a}", `{"a":"join"}`, "join"},
		{`${request.body.action}\$`, `{"action":"join"}`, "join$"},
		{`\x${request.body.action}`, `{"action":"join"}`, `\xjoin`},

		// Values as text.
		{action, `{"action":1}`, "1"},
		{action, `{"action":-1.50e+3}`, "-1.50e+3"},
		{action, `{"action":true}`, "true"},
		{action, `{"action":false}`, "false"},
		{action, `{"action":null}`, "$default"},
		{action, `{"action":""}`, "$default"},
		{action, `{"action":["a", 1 ,true,null]}`, "[a, 1, true, ]"},
		{action, `{"action":[]}`, "[]"},
		{action, `{"action":["\u0061",{"b" : 1},[2]]}`, `[a, {"b" : 1}, [2]]`},
		{action, `{"action":{"b" : 1}}`, `{"b" : 1}`},

		// Escapes, in names and values.
		{action, `{"\u0061ction":"join"}`, "join"},
		{action, `{"action":"j\u006fin"}`, "join"},
		{action, `{"action":"\"\\\/\b\f\n\r\t"}`, "\"\\/\b\f\n\r\t"},
		{action, `{"action":"\ud83c\udf75"}`, "🍵"},
		{action, `{"action":"\ud83c"}`, "\ufffd"},
		{action, `{"action":"\ud83c\u0061"}`, "\ufffda"},
		{action, `{"action":"zwölf"}`, "zwölf"},
		{action, "{\"action\":\"\xff\"}", "\ufffd"},

		// Of members with the same name, the last counts, with all that is in it.
		{action, `{"action":"leave","action":"join"}`, "join"},
		{action, `{"action":"join","action":null}`, "$default"},
		{"$request.body.a.b", `{"a":{"b":"join"},"a":{"c":1}}`, "$default"},
		{"$request.body.a.b", `{"a":{"b":"join"},"a":3}`, "$default"},
		{"$request.body.a.b", `{"a":[0],"a":{"b":"join"}}`, "join"},

		// Messages that are no JSON objects.
		{action, ``, "$default"},
		{action, `join`, "$default"},
		{action, `"join"`, "$default"},
		{action, `["join"]`, "$default"},
		{action, `5`, "$default"},
		{action, `{"action":"join"`, "$default"},
		{action, `{"action":"join"}}`, "$default"},
		{action, `{"action":"join"}` + "\x00", "$default"},
		{action, `{"action":"join",}`, "$default"},
		{action, `{"action":"join","x":01}`, "$default"},
		{action, `{"action":"join","x":[1,]}`, "$default"},
		{action, `{"action":"join","x":{"y"}}`, "$default"},
		{action, `{"action":"join","x":[}`, "$default"},
		{action, `{"action":"join","x":nul}`, "$default"},
		{action, "{\"action\":\"join\",\"x\":\"\n\"}", "$default"},
		{"x${request.body.action}", `[]`, "$default"},
	} {
		keys := []string{"$default", "x", "join"}
		if !slices.Contains(keys, test.want) {
			keys = append(keys, test.want)
		}
		got, ok := table(t, test.expr, keys...).Select([]byte(test.body))
		if got != test.want || !ok {
			t.Errorf("%s of %s selects %q, %t, want %q", test.expr, test.body, got, ok, test.want)
		}
	}
}

func TestNoMessageTakesAReservedKey(t *testing.T) {
	keys := []string{"$connect", "$disconnect", "$default", "join"}
	for _, key := range keys[:3] {
		body := []byte(`{"action":"` + key + `"}`)
		if got, ok := table(t, action, keys...).Select(body); got != "$default" || !ok {
			t.Errorf("%s selects %q, %t, want $default", body, got, ok)
		}
		if got, ok := table(t, action, "$connect", "$disconnect", "join").Select(body); ok {
			t.Errorf("%s selects %q without $default, want none", body, got)
		}
	}
	for _, expr := range []string{`\$connect`, `\$disconnect`, `\$${request.body.action}`} {
		got, _ := table(t, expr, keys...).Select([]byte(`{"action":"disconnect"}`))
		if got != "$default" {
			t.Errorf("%s selects %q, want $default", expr, got)
		}
	}
}

func TestNoRoute(t *testing.T) {
	for _, keys := range [][]string{nil, {"join"}, {"$connect", "$disconnect"}} {
		key, ok := table(t, action, keys...).Select([]byte(`{"action":"leave"}`))
		if ok || key != "" {
			t.Errorf("Select returned %q, %t, want none", key, ok)
		}
	}
}

func TestHas(t *testing.T) {
	table := table(t, action, "join", "$connect", "a")
	for key, want := range map[string]bool{
		"join": true, "a": true, "$connect": true, "$default": false, "": false, "Join": false,
	} {
		if got := table.Has(key); got != want {
			t.Errorf("Has(%q) is %t, want %t", key, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		expr string
		keys []string
		want string
	}{
		{"", nil, "it is empty"},
		{"\xff", nil, "not valid UTF-8"},
		{"$", nil, "at byte 2: want request.body after $"},
		{"$request.header.x", nil, "at byte 2: want request.body"},
		{"a$context.x", nil, "at byte 3: want request.body"},
		{"$request.body", nil, "at byte 14: want .name after request.body"},
		{"$request.bodyx", nil, "at byte 14: want .name"},
		{"$request.body.", nil, "at byte 15: want a name after the dot"},
		{"$request.body.a..b", nil, "at byte 17: want a name"},
		{"${request.body.a", nil, "at byte 17: want }"},
		{"${request.body.a b}", nil, "at byte 17: want }"},
		{"${request.body.${request.body.a}}", nil, "at byte 16: want a name"},
		{"$request.body[x]", nil, "at byte 15: want a number"},
		{"$request.body[-1]", nil, "at byte 15: want a number"},
		{"$request.body[99999999999]", nil, "at byte 15: want a number"},
		{"$request.body[0", nil, "at byte 15: want ]"},
		{"$request.body['x", nil, "at byte 16: want ']"},
		{action, []string{""}, "route key is empty"},
		{action, []string{"a", "b", "a"}, `route key "a" is given twice`},
		{action, []string{"$other"}, `route key "$other" begins with $`},
	} {
		_, err := route.New(test.expr, test.keys)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New(%q, %q) returned %v, want %q in it", test.expr, test.keys, err, test.want)
		}
	}
}

func TestDepth(t *testing.T) {
	table := table(t, action, "join")
	for _, test := range []struct {
		depth int
		want  bool
	}{{9999, true}, {10000, false}, {1 << 20, false}} { // the message itself is one more
		for _, brackets := range [][2]string{{"[", "]"}, {`{"x":`, "}"}} {
			body := `{"action":"join","x":` + strings.Repeat(brackets[0], test.depth) + "1" +
				strings.Repeat(brackets[1], test.depth) + "}"
			if _, ok := table.Select([]byte(body)); ok != test.want {
				t.Errorf("depth %d of %s: selected is %t", test.depth, brackets[0], ok)
			}
		}
	}
}

func TestSelectDoesNotAllocate(t *testing.T) {
	one := table(t, action, "join", "$default")
	two := table(t, "${request.body.a}/${request.body.action}", "b/join", "$default")
	for _, test := range []struct {
		table *route.Table
		body  string
		want  string
	}{
		{one, `{"room":"kitchen","action":"join","n":[1,2,{"x":null}]}`, "join"},
		{one, `{"action":"\u006aoin"}`, "join"},
		{one, `{"action":"unknown"}`, "$default"},
		{one, `hello`, "$default"},
		{one, `{"zwölf":"` + strings.Repeat(`a"`, 50)[:99] + `","action":"join"}`, "$default"},
		{one, `{"zwölf":["` + strings.Repeat("a", 500) + `"],"action":"join"}`, "join"},
		{one, `{"action":["join"]}`, "$default"},
		{two, `{"a":"b","action":"join"}`, "b/join"},
	} {
		body := []byte(test.body)
		if key, _ := test.table.Select(body); key != test.want {
			t.Errorf("%s selects %q, want %q", body, key, test.want)
		}
		if n := testing.AllocsPerRun(100, func() { test.table.Select(body) }); n != 0 {
			t.Errorf("Select of %s allocates %v times", body, n)
		}
	}
}

// TestSpecialBytesAtEveryPlaceInAWord moves quotes, escapes and other special bytes through all
// places in a word, in a name, a value that is looked for and one that is not.
func TestSpecialBytesAtEveryPlaceInAWord(t *testing.T) {
	for _, c := range []string{
		"", "a", " ", "!", "#", "[", "]", "\x7f", `\"`, `\\`, `\n`, `\u0041`, "ä", "茶", "🍵",
		"\x00", "\x01", "\x1f", "\n", `"`, `\`, `\x`, `\u004`, "\x80", "\xa2", "\xdc", "\xff",
	} {
		for n := range 80 {
			before := strings.Repeat("1", n)
			for _, after := range []string{"", "2", strings.Repeat("2", 7), strings.Repeat("2", 40)} {
				s := before + c + after
				for _, body := range []string{
					`{"action":"` + s + `"}`,
					`{"action":"join","x":"` + s + `"}`,
					`{"` + s + `":1,"action":"join"}`,
					`{"x":{"` + s + `":["` + s + `"]},"action":"join"}`,
				} {
					sameVerdict(t, body, s)
				}
			}
		}
	}
}

func sameVerdict(t *testing.T, body, key string) {
	t.Helper()
	keys := []string{"join"}
	if key != "" {
		keys = append(keys, key)
	}
	table := table(t, action, keys...)
	got, ok := table.Select([]byte(body))
	want, wantOK := table.SelectSlow([]byte(body))
	if got != want || ok != wantOK {
		t.Errorf("%q selects %q, %t, want %q, %t", body, got, ok, want, wantOK)
	}
}

func BenchmarkSelect(b *testing.B) {
	echo := func(data string) string { return `{"action":"echo","data":` + data + `}` }
	for _, bench := range []struct{ name, body string }{
		{"32", echo(`"aaaaaaa"`)},
		{"512", echo(`"` + strings.Repeat("a", 480) + `"`)},
		{"4096", echo(`"` + strings.Repeat("a", 4064) + `"`)},
		{"umlauts", echo(`"` + strings.Repeat("zwölf Tee", 48) + `"`)},
		{"escapes", echo(`"` + strings.Repeat(`it is \"so\"\n `, 34) + `"`)},
		{"nested", echo("[" + strings.Repeat(`{"id":12345,"name":"kettle"},`, 16) + "null]")},
		{"spaced", echo("[" + strings.Repeat("\n    \"kettle\",\n    true,", 20) + "\n    1\n]")},
		{"text", strings.Repeat("hello ", 85)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			table, data := table(b, action, "echo", "$default"), []byte(bench.body)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				table.Select(data)
			}
		})
	}
}
