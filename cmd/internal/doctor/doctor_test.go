package doctor

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newDoctor returns a doctor for an empty directory and an AWS that does not exist.
func newDoctor(t *testing.T, env map[string]string) *Doctor {
	t.Helper()
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	for name, value := range env {
		t.Setenv(name, value)
	}
	return &Doctor{
		Dir: t.TempDir(), Addr: "127.0.0.1:0", Getenv: os.Getenv, Now: time.Now,
		HTTP: http.DefaultClient, Patience: 500 * time.Millisecond,
	}
}

// examine returns the findings by name.
func examine(t *testing.T, d *Doctor) map[string]Finding {
	t.Helper()
	all := make(map[string]Finding)
	d.Examine(t.Context(), func(f Finding) {
		all[f.Check] = f
		if (f.Status == OK) != (f.Fix == "") {
			t.Errorf("%s is %s with the fix %q", f.Check, f.Status, f.Fix)
		}
	})
	if len(all) != len(checks()) {
		t.Errorf("there are %d findings of %d checks", len(all), len(checks()))
	}
	return all
}

func want(t *testing.T, f Finding, status Status, detail string) {
	t.Helper()
	if f.Status != status || !strings.Contains(f.Detail, detail) {
		t.Errorf("%s is %s: %s; want %s: %s", f.Check, f.Status, f.Detail, status, detail)
	}
}

func write(t *testing.T, d *Doctor, name, text string) {
	t.Helper()
	path := filepath.Join(d.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsConfigured(t *testing.T) {
	all := examine(t, newDoctor(t, nil))
	want(t, all["port"], OK, "is free")
	want(t, all["go"], OK, "go1.")
	want(t, all["configuration"], OK, "no project is here")
	want(t, all["gateway configuration"], OK, "only tyg gateway needs one")
	want(t, all["template"], OK, "no template")
	want(t, all["nats"], OK, "TYG_NATS_URL is not set")
	want(t, all["aws"], Warn, "no credentials were found")
	want(t, all["clock"], OK, "not compared")
}

func TestProjectIsRead(t *testing.T) {
	d := newDoctor(t, nil)
	write(t, d, ".tyg/config.json", `{"app_name": "shop"}`)
	write(t, d, ".tyg/gateway.json", "{\n\"adr\": 1}")
	write(t, d, "template.yaml", "Resources: [")
	all := examine(t, d)
	want(t, all["configuration"], OK, `of "shop" is valid`)
	want(t, all["gateway configuration"], Fail, `gateway.json:2: there is no key "adr"`)
	want(t, all["template"], Warn, "template.yaml cannot be read")

	write(t, d, ".tyg/config.json", `{"app_nam": "shop"}`)
	want(t, examine(t, d)["configuration"], Fail, `did you mean "app_name"?`)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := newDoctor(t, nil)
	d.Addr = l.Addr().String()
	want(t, d.port(t.Context()), Warn, d.Addr+" is in use")
	d.Addr = "192.0.2.1:80" // no address of this machine (RFC 5737)
	want(t, d.port(t.Context()), Fail, "192.0.2.1")
}

func TestGoVersions(t *testing.T) {
	for version, old := range map[string]bool{
		"go1.25.9": true, "go1.26": false, "go1.27rc1": false, "devel go1.28-abc": false,
	} {
		if got := isOld(version); got != old {
			t.Errorf("isOld(%s) = %v", version, got)
		}
	}
	d := newDoctor(t, map[string]string{"PATH": ""})
	want(t, d.toolchain(t.Context()), Fail, "there is no go command")
}

// greet serves a greeting, or silence, to every client.
func greet(t *testing.T, greeting string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, greeting)
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	return l.Addr().String()
}

func TestNATS(t *testing.T) {
	for url, test := range map[string]struct {
		status Status
		detail string
	}{
		"nats://me:secret@" + greet(t, "INFO {\"version\":\"2.15.0\"}\r\n"): {OK, "is NATS 2.15.0"},
		greet(t, "220 mail\r\n"): {Fail, "it is no NATS server"},
		greet(t, ""):             {Fail, "read its greeting"}, // and hangs
		"127.0.0.1:1":            {Fail, "refused"},
		"nats://":                {Fail, "is not a URL"},
	} {
		d := newDoctor(t, map[string]string{"TYG_NATS_URL": url})
		start := time.Now()
		f := examine(t, d)["nats"]
		want(t, f, test.status, test.detail)
		if strings.Contains(f.Detail, "secret") {
			t.Errorf("the finding has the password: %s", f.Detail)
		}
		if took := time.Since(start); took > 4*d.Patience {
			t.Errorf("it took %v", took)
		}
	}
}

// newAWS answers GetCallerIdentity for one key, with a clock of its own.
func newAWS(t *testing.T, skew time.Duration) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=AKID/") {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<Error><Code>InvalidClientTokenId</Code></Error>")
			return
		}
		fmt.Fprint(w, "<Arn>arn:aws:iam::123456789012:user/ada</Arn>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAWS(t *testing.T) {
	env := map[string]string{
		"AWS_ENDPOINT_URL": newAWS(t, 0), "AWS_ACCESS_KEY_ID": "AKID",
		"AWS_SECRET_ACCESS_KEY": "secret",
	}
	want(t, examine(t, newDoctor(t, env))["aws"], Warn, "and no region")
	env["AWS_REGION"] = "eu-west-1"
	all := examine(t, newDoctor(t, env))
	want(t, all["aws"], OK, "arn:aws:iam::123456789012:user/ada in eu-west-1")
	want(t, all["clock"], OK, "as at http://127.0.0.1")
	env["AWS_ACCESS_KEY_ID"] = "OTHER"
	want(t, examine(t, newDoctor(t, env))["aws"], Warn, "403 Forbidden: InvalidClientTokenId")
}

func TestClock(t *testing.T) {
	for skew, status := range map[time.Duration]Status{
		time.Minute: Warn, -time.Hour: Fail, 10 * time.Minute: Fail,
	} {
		d := newDoctor(t, map[string]string{"AWS_ENDPOINT_URL": newAWS(t, skew)})
		want(t, d.clock(t.Context()), status, "it is off by")
	}
}
