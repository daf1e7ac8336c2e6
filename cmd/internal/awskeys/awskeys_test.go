package awskeys_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/awskeys"
	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/lambda"
)

// asCompanion makes the test program a tyg-aws that prints it.
const asCompanion = "TYG_TEST_ANSWER"

func TestMain(m *testing.M) {
	if answer, ok := os.LookupEnv(asCompanion); ok {
		if answer == "fail" {
			fmt.Fprintln(os.Stderr, "tyg: no such profile")
			os.Exit(1)
		}
		const want = "credentials --region=eu-west-1 --default-region= --service="
		if got := strings.Join(os.Args[1:], " "); got != want {
			answer = "arguments " + got
		}
		fmt.Println(answer)
		return
	}
	os.Exit(m.Run())
}

func TestEnvironmentAnswersIfItSaysAll(t *testing.T) {
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
	with := func(more ...string) map[string]string {
		env := map[string]string{}
		for k, v := range keys {
			env[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("[default]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USERPROFILE", t.TempDir())
	endpoints := with("AWS_REGION", "eu-west-1", "AWS_ENDPOINT_URL", "http://all",
		"AWS_ENDPOINT_URL_LAMBDA", "http://lambda", "AWS_SESSION_TOKEN", "token")
	tests := []struct {
		name             string
		env              map[string]string
		query            awskeys.Query
		ok               bool
		region, endpoint string
	}{
		{"nothing", nil, awskeys.Query{Region: "eu-west-1"}, false, "", ""},
		{"no region", keys, awskeys.Query{}, false, "", ""},
		{"the caller's region", keys, awskeys.Query{Region: "eu-west-1"}, true, "eu-west-1", ""},
		{
			"the caller's region wins", with("AWS_REGION", "us-east-1"),
			awskeys.Query{Region: "eu-west-1"},
			true, "eu-west-1", "",
		},
		{
			"the old region", with("AWS_DEFAULT_REGION", "us-east-1"),
			awskeys.Query{},
			true,
			"us-east-1", "",
		},
		{"the default region", keys, awskeys.Query{Default: "eu-west-1"}, true, "eu-west-1", ""},
		{
			"endpoint of Lambda", endpoints,
			awskeys.Query{Service: "Lambda"},
			true, "eu-west-1",
			"http://lambda",
		},
		{"endpoint of all", endpoints, awskeys.Query{Service: "sts"}, true, "eu-west-1", "http://all"},
		{
			"endpoints are ignored", with("AWS_REGION", "eu-west-1", "AWS_ENDPOINT_URL", "http://all",
				"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), awskeys.Query{}, true, "eu-west-1", "",
		},
		{
			"a shared file", with("AWS_REGION", "eu-west-1", "AWS_CONFIG_FILE", file),
			awskeys.Query{},
			false, "", "",
		},
		{
			"half a key",
			map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_REGION": "eu-west-1"},
			awskeys.Query{},
			false, "", "",
		},
	}
	for _, tt := range tests {
		getenv := func(name string) string { return tt.env[name] }
		a, ok := awskeys.FromEnvironment(tt.query, getenv)
		if ok != tt.ok || ok && (a.Region != tt.region || a.Endpoint != tt.endpoint) {
			t.Errorf("%s: %+v, %v", tt.name, a, ok)
		}
		if ok && (a.Key.AccessKeyID != "AKID" || a.Key.SecretAccessKey != "secret" ||
			a.Key.SessionToken != tt.env["AWS_SESSION_TOKEN"]) {
			t.Errorf("%s: key %+v", tt.name, *a.Key)
		}
	}
}

func TestCompanionAnswers(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, query := companion.Program{Path: self}, awskeys.Query{Region: "eu-west-1"}
	want := awskeys.Answer{
		Region: "eu-west-1", Key: &lambda.Key{AccessKeyID: "AKID", SecretAccessKey: "secret"},
		Source: "SSOProvider", Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Second),
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asCompanion, string(b))
	got, err := awskeys.Ask(t.Context(), program, query)
	if err != nil || *got.Key != *want.Key || got.Source != want.Source ||
		!got.Expires.Equal(want.Expires) {
		t.Errorf("%+v, %v", got, err)
	}
	t.Setenv(asCompanion, "hello")
	if _, err := awskeys.Ask(t.Context(), program, query); err == nil ||
		!strings.Contains(err.Error(), "no credentials") {
		t.Errorf("an answer that is none: %v", err)
	}
	t.Setenv(asCompanion, "fail")
	if _, err := awskeys.Ask(t.Context(), program, query); err == nil ||
		err.Error() != "no such profile" {
		t.Errorf("error %v", err)
	}
}

func TestKeysAreRenewedBeforeTheyExpire(t *testing.T) {
	answer := func(id string, left time.Duration) awskeys.Answer {
		return awskeys.Answer{
			Key: &lambda.Key{AccessKeyID: id, SecretAccessKey: "s"}, Expires: time.Now().Add(left),
		}
	}
	fails := errors.New("no network")
	tests := []struct {
		name  string
		first awskeys.Answer
		next  awskeys.Answer
		err   error
		want  string
	}{
		{"they last", answer("one", time.Hour), awskeys.Answer{}, fails, "one"},
		{
			"they never expire",
			awskeys.Answer{Key: &lambda.Key{AccessKeyID: "one"}},
			awskeys.Answer{},
			fails, "one",
		},
		{"they end soon", answer("one", time.Minute), answer("two", time.Hour), nil, "two"},
		{
			"they end soon, and there are no others yet", answer("one", time.Minute),
			awskeys.Answer{},
			fails, "one",
		},
		{"they have ended", answer("one", -time.Minute), awskeys.Answer{}, fails, ""},
		{"there are none", awskeys.Answer{Missing: "log in"}, awskeys.Answer{}, fails, ""},
	}
	for _, tt := range tests {
		find := func(context.Context, awskeys.Query) (awskeys.Answer, error) { return tt.next, tt.err }
		key, err := awskeys.Keep(find, awskeys.Query{}, tt.first).Retrieve(t.Context())
		if key.AccessKeyID != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: %v, %v", tt.name, key, err)
		}
	}
}
