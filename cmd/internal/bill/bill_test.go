package bill

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func ours(t *testing.T) Prices {
	t.Helper()
	p, err := Parse(Table())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The chat of docs/aws-costs.md: 1,000 people in rooms of 20, 8 hours on 22 days, a line every two
// minutes. 1000·22·8·60 = 10.56 million minutes, of which every second has a line: 5.28 million,
// each to 20 people.
func TestBillOfTheChat(t *testing.T) {
	l := Default()
	l.Connections, l.ConnectionMinutes = 22_000, 10_560_000
	l.In, l.Out, l.Reads = 5_280_000, 105_600_000, 3
	b := Of(l, ours(t))
	want := map[string]float64{
		"messages in": 5.28, "messages out": 105.60, "connections": 2.64,
		"Lambda, events":        1.0648, // 5.324 million · 0.20
		"Lambda, 128 MB, 50 ms": 0.4437, // 5,324,000 · 0.05 s · 0.125 GB · 0.0000133334
		"DynamoDB, reads":       1.98,   // 15.84 million · 0.125
		"DynamoDB, writes":      0,
		"logs":                  0.7986, // 5,324,000 · 300 B = 1.5972 GB · 0.50
		"data out":              0,
	}
	if len(b.Lines) != len(want) {
		t.Errorf("the bill has %d lines, want %d", len(b.Lines), len(want))
	}
	for _, line := range b.Lines {
		if w, ok := want[line.What]; !ok || math.Abs(line.Price-w) > 0.00005 {
			t.Errorf("%s costs %.5f, want %.4f", line.What, line.Price, w)
		}
	}
	if math.Abs(b.Total-117.8071) > 0.0002 {
		t.Errorf("the total is %.4f, want 117.8071", b.Total)
	}
	// One server of 59.57: 59.57 / 117.8071 = 0.50566.
	if b.Own.Servers != 1 || b.Own.Price != 59.57 || math.Abs(b.Own.BreakEven-0.50566) > 0.00002 {
		t.Errorf("own servers are %+v", b.Own)
	}
	if len(b.Over) != 0 {
		t.Errorf("quotas are exceeded: %q", b.Over)
	}
}

// The tiers are of in and out together: 600 million in at 1.00, 400 million out at 1.00, and 200
// million at 0.80.
func TestTiersOfMessages(t *testing.T) {
	b := Of(Load{In: 600e6, Out: 600e6}, ours(t))
	if in, out := b.Lines[0].Price, b.Lines[1].Price; in != 600 || math.Abs(out-560) > 1e-9 {
		t.Errorf("in costs %v, want 600; out %v, want 560", in, out)
	}
}

func TestDataIsPaidOnBothSides(t *testing.T) {
	l := Load{In: 1e6, Out: 1e6, BytesOut: 1e12} // 1000 GB · 0.09 = 90
	b := Of(l, ours(t))
	if math.Abs(b.Own.Price-149.57) > 1e-9 { // 59.57 + 90
		t.Errorf("own servers cost %v, want 149.57", b.Own.Price)
	}
	// Without the data AWS costs 2 + 0.2 for events.
	if math.Abs(b.Own.BreakEven-59.57/2.2) > 1e-9 {
		t.Errorf("break-even is %v, want %v", b.Own.BreakEven, 59.57/2.2)
	}
}

func TestServersByPeaks(t *testing.T) {
	for _, tt := range []struct {
		peak Peak
		want int
	}{
		{Peak{}, 1},
		{Peak{Connections: 50_000}, 1},
		{Peak{Connections: 50_001}, 2},
		{Peak{In: 1_000, Out: 60_000}, 4}, // 61,000 / 20,000
	} {
		if got := Of(Load{Peak: tt.peak}, ours(t)).Own.Servers; got != tt.want {
			t.Errorf("%+v needs %d servers, want %d", tt.peak, got, tt.want)
		}
	}
}

func TestQuotas(t *testing.T) {
	p := ours(t)
	at := Load{Handler: 50, Peak: Peak{
		Connects: 500, In: 10_000, Bytes: 131_072, Minutes: 120, // 11,000 · 0.05 s = 550 at a time
	}}
	if over := Of(at, p).Over; len(over) != 0 {
		t.Errorf("a load at its quotas is over: %q", over)
	}
	for want, l := range map[string]Load{
		"501 clients connect": {Peak: Peak{Connects: 501}},
		"send 10001 messages": {Peak: Peak{In: 10_001}},
		"131073 bytes":        {Peak: Peak{Bytes: 131_073}},
		"lasts 121 minutes":   {Peak: Peak{Minutes: 121}},
		"1001 functions run":  {Handler: 1000, Peak: Peak{In: 1001}},
		"1200 functions run":  {Handler: 2000, Peak: Peak{In: 200, Connects: 200}},
	} {
		if over := Of(l, p).Over; len(over) != 1 || !strings.Contains(over[0], want) {
			t.Errorf("%+v: over are %q, want %q", l, over, want)
		}
	}
}

const session = `{"tyg_recording":1,"time":"2026-11-30T12:00:00Z","redacted":{}}
{"at":0,"type":"open","conn":"a","already":true}
{"at":1000,"type":"open","conn":"b"}
{"at":1100,"type":"open","conn":"c"}
{"at":2000,"type":"in","conn":"a","text":"hello"}
{"at":2001,"type":"out","to":["a","b","c"],"text":"hello"}
{"at":2500,"type":"in","conn":"b","base64":"AAAA","size":32769}
{"at":2600,"type":"out","conn":"a","text":"x","size":65537}
{"at":2700,"type":"out","to":["a"],"count":5,"text":""}
{"at":31000,"type":"close","conn":"b"}
{"at":60000,"type":"close","conn":"c"}
`

func TestLoadOfARecording(t *testing.T) {
	l, err := FromRecording(strings.NewReader(session), 32768, 10, Default())
	if err != nil {
		t.Fatal(err)
	}
	want := Load{
		Connections: 20, // a was there already
		// a: 60 s to the end, b: 30 s, c: 58.9 s, in ten sessions
		ConnectionMinutes: 10 * (60 + 30 + 58.9) / 60,
		In:                30,  // 1 + 2 steps
		Out:               110, // 3 + 3 steps + 5
		BytesOut:          10 * (15 + 65537),
		Handler:           50, Memory: 128, LogBytes: 300,
		Peak: Peak{Connections: 3, Connects: 2, In: 2, Out: 9, Bytes: 65537, Minutes: 1},
	}
	if math.Abs(l.ConnectionMinutes-want.ConnectionMinutes) > 1e-9 {
		t.Errorf("%v minutes, want %v", l.ConnectionMinutes, want.ConnectionMinutes)
	}
	l.ConnectionMinutes = want.ConnectionMinutes
	if l != want {
		t.Errorf("the load is %+v, want %+v", l, want)
	}
	// Without a pause: 730 hours are 43,800 such minutes.
	if l, err = FromRecording(strings.NewReader(session), 32768, 0, Load{}); err != nil ||
		l.Connections != 2*43_800 {
		t.Errorf("%v connections, %v, want %d", l.Connections, err, 2*43_800)
	}
}

func TestRecordingsThatCannotBePriced(t *testing.T) {
	head, _, _ := strings.Cut(session, "\n")
	for text, want := range map[string]string{
		"": "", "{}": "", head: "no time",
		head + "\n" + `{"at":5,"type":"lost","count":7}`: "has lost 7 entries",
		head + "\n{": "",
	} {
		_, err := FromRecording(strings.NewReader(text), 32768, 1, Load{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
}

func TestTablesThatAreNotWhole(t *testing.T) {
	var whole map[string]any
	if err := json.Unmarshal(Table(), &whole); err != nil {
		t.Fatal(err)
	}
	for key := range whole {
		if key == "note" || key == "sources" || key == "region" || key == "currency" {
			continue
		}
		value := whole[key]
		delete(whole, key)
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(text); err == nil {
			t.Errorf("a table without %s is one", key)
		}
		whole[key] = value
	}
	for _, text := range []string{
		`{"as_of": "2026-11-30", "price": 1}`, `[]`,
		strings.Replace(string(Table()), `"million": 0.80`, `"million": 0.80, "up_to": 5`, 1),
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%.80s is a table", text)
		}
	}
}

func TestLoadsThatCannotBe(t *testing.T) {
	for _, text := range []string{
		`{"message_in": 1}`, `{"messages_in": -1}`, `{"peak": {"x": 1}}`, ``,
	} {
		if _, err := ParseLoad([]byte(text)); err == nil {
			t.Errorf("%q is a load", text)
		}
	}
	l, err := ParseLoad([]byte(`{"messages_in": 5, "handler_ms": 10}`))
	if err != nil || l.In != 5 || l.Handler != 10 || l.Memory != 128 {
		t.Errorf("the load is %+v, %v", l, err)
	}
}
