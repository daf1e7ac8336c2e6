package main

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/lambda"
)

// TestMain makes the test binary a function if its file has the name of one.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	app := tyg.New("bench")
	switch name := filepath.Base(os.Args[0]); {
	case strings.HasPrefix(name, "refuses"):
		app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error { return tyg.Reject(418, "") })
	case strings.HasPrefix(name, "ends"):
		fmt.Fprintln(os.Stderr, "no words")
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, lambda.Run(app, lambda.Config{}))
	os.Exit(1)
}

// self returns a server whose function is the test binary.
func self(t *testing.T, name string, f function) (*bench, server) {
	t.Helper()
	b, sv := &bench{bin: t.TempDir()}, server{name: name, function: &f}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, b.program(sv, runtime.GOARCH)); err != nil {
		t.Fatal(err)
	}
	return b, sv
}

func TestStart(t *testing.T) {
	b, sv := self(t, "accepts", function{})
	starts, err := b.startMany(t.Context(), 2, sv)
	if err != nil || len(starts) != 2 {
		t.Fatalf("%d starts, %v", len(starts), err)
	}
	for _, c := range starts {
		if c.asked <= 0 || c.replied <= c.asked || c.resident < 1<<20 {
			t.Errorf("a start is %+v", c)
		}
	}
}

func TestStartErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		function
		want string
	}{
		{"refuses", function{}, `it replied "{\"statusCode\":418}"`},
		{"ends", function{}, "start 0 of ends: wait for first request: it ended: no words"},
		{"writes-nothing", function{table: true}, "it wrote 0 items, want 1"},
	} {
		b, sv := self(t, test.name, test.function)
		_, err := b.startMany(t.Context(), 1, sv)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v", test.name, err)
		}
	}
	r := startCold(t.Context(), &bench{}, setup{starts: 1}, server{name: "gws"})
	if r.err == nil || r.err.Error() != "gws is not a function" {
		t.Errorf("error is %v", r.err)
	}
}

// The stand-in must refuse every call of DynamoDB except a PutItem with an item.
func TestStandInRefusesOtherCallsOfDynamoDB(t *testing.T) {
	for _, test := range []struct {
		action, body string
		status       int
		want         string // in the error of check; empty: no error
	}{
		{"DynamoDB_20120810.PutItem", `{"Item":{"PK":{"S":"a"}}}`, 200, ""},
		{"DynamoDB_20120810.PutItem", `{"Item":{}}`, 400, `with "DynamoDB_20120810.PutItem": {"It`},
		{"DynamoDB_20120810.GetItem", `{"Key":{"PK":{"S":"a"}}}`, 400, `"DynamoDB_20120810.GetItem"`},
	} {
		var a standIn
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
		r.Header.Set("X-Amz-Target", test.action)
		w := httptest.NewRecorder()
		a.routes().ServeHTTP(w, r)
		if w.Code != test.status {
			t.Errorf("%s %s: status %d", test.action, test.body, w.Code)
		}
		// The checksum of {} is DynamoDB's own.
		if sum := w.Header().Get("X-Amz-Crc32"); test.status == 200 && sum != "2745614147" {
			t.Errorf("the checksum is %s", sum)
		}
		err := a.check(function{table: true})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: error is %v", test.action, test.body, err)
		}
	}
}

func TestConnectEvent(t *testing.T) {
	data, err := connectEvent(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e, err := apigw.UnmarshalEvent(data, nil)
	if err != nil || e.Type != tyg.EventConnect || e.Conn.ID == "" {
		t.Errorf("the event is %+v, %v", e, err)
	}
}

func TestMedians(t *testing.T) {
	got := medians([]startFigures{
		{asked: 1, replied: 30, resident: 200},
		{asked: 3, replied: 10, resident: 100},
		{asked: 2, replied: 20, resident: 300},
	})
	if want := (startFigures{asked: 2, replied: 20, resident: 200}); got != want {
		t.Errorf("medians are %+v, want %+v", got, want)
	}
}

func TestPack(t *testing.T) {
	dir := t.TempDir()
	b, sv := &bench{bin: dir}, server{name: "x"}
	program := b.program(sv, "arm64")
	text := strings.Repeat("text", 1000)
	if err := os.WriteFile(program, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := pack(program, program+".zip"); err != nil {
		t.Fatal(err)
	}
	r, err := zip.OpenReader(program + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" {
		t.Fatalf("in the zip are %v", r.File)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); err != nil || string(data) != text {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	s, err := sizesAt(program)
	if err != nil || s.program != 4000 || s.zip <= 0 || s.zip >= 1000 {
		t.Errorf("sizes are %+v, %v", s, err)
	}
	if _, _, err := b.sizesOf(server{name: "y"}); err == nil {
		t.Error("no error for a function that was not built")
	}
}

// Processes inherit the core and the niceness of the thread that starts them.
func TestOnServerCore(t *testing.T) {
	b := &bench{options: options{pin: canPin()}}
	var inside string
	cpus := func() string {
		text, err := exec.Command("grep", "Cpus_allowed_list", "/proc/self/status").Output()
		if err != nil {
			t.Error(err)
		}
		return strings.TrimSpace(strings.TrimPrefix(string(text), "Cpus_allowed_list:"))
	}
	outside := cpus()
	want := outside
	if b.pin {
		want = fmt.Sprint(serverCore)
	}
	r, err := b.alone(func() error {
		inside = cpus()
		return nil
	})
	if err != nil || inside != want {
		t.Errorf("inside the cores are %s, want %s; %v", inside, want, err)
	}
	if after := cpus(); after != outside {
		t.Errorf("afterwards the cores are %s, and were %s", after, outside)
	}
	if r.Seconds <= 0 || r.Foreign < 0 {
		t.Errorf("measured %+v", r)
	}
}

func TestForeign(t *testing.T) {
	at := time.Now()
	from, to := use{at, 10, 1, 5}, use{at.Add(2 * time.Second), 13, 2, 6}
	if r := from.until(to); r.Foreign != 1 || r.Steal != .5 || r.Noise() != 1.5 {
		t.Errorf("others used %v and %v", r.Foreign, r.Steal)
	}
	to.ours = 9
	if r := from.until(to); r.Foreign != 0 {
		t.Errorf("others used %v", r.Foreign)
	}
}

func TestColdstartTable(t *testing.T) {
	r := measured(coldstart(), setup{mode: "start", starts: 7}, "lambda-chat", 0, 0)
	r.startFigures = startFigures{
		asked: 4, replied: 6, resident: 9 << 20,
		own: sizes{18 << 20, 8 << 20}, arm64: sizes{17 << 20, 7 << 20},
	}
	const want = "| lambda-chat | 6.00 | 4.00 | 9.00 | 18.0 | 8.00 | 17.0 | 7.00 | 1 | 0.00 |\n"
	if text := page([]row{r}, "coldstart"); !strings.HasPrefix(text, "Medians of 7 starts, ms") ||
		!strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	const met = "≤ 8 MB | MB 8.00 (coldstart: medians of 7 starts); " +
		"MB for arm64 7.00 (coldstart: medians of 7 starts) | yes |"
	if text := targetTable([]row{r}); !strings.Contains(text, met) {
		t.Error(text)
	}
	r.arm64.zip += 1<<20 + 1
	const missed = "MB for arm64 8.00 (coldstart: medians of 7 starts) | **no** |"
	if text := targetTable([]row{r}); !strings.Contains(text, missed) {
		t.Error(text)
	}
}
