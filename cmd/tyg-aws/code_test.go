//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// withDevice makes the account one that is reached by a role, whose profile needs an MFA device.
func (a *account) withDevice() {
	a.t.Helper()
	id, secret := a.Key()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), "Action=AssumeRole&") {
			r.Body = io.NopCloser(bytes.NewReader(body))
			a.ServeHTTP(w, r)
			return
		}
		if !strings.Contains(string(body), "TokenCode=123456") {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>"+
				"MultiFactorAuthentication failed</Message></Error></ErrorResponse>")
			return
		}
		fmt.Fprintf(w, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>%s"+
			"</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>t</SessionToken>"+
			"<Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
			id, secret, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	a.t.Cleanup(srv.Close)
	// AssumeRole of a profile looks for an endpoint of STS alone.
	const profiles = "[profile base]\naws_access_key_id = base\naws_secret_access_key = s\n" +
		"[profile work]\nrole_arn = arn:aws:iam::123456789012:role/deployer\n" +
		"mfa_serial = arn:aws:iam::123456789012:mfa/alice\nsource_profile = base\n"
	if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(profiles), 0o600); err != nil {
		a.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": srv.URL, "AWS_ENDPOINT_URL_STS": srv.URL,
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"HOME": a.t.TempDir(), "GOCACHE": goEnv(a.t, "GOCACHE"), "GOPATH": goEnv(a.t, "GOPATH"),
	} {
		a.t.Setenv(name, value)
	}
}

// A profile with mfa_serial asks on a terminal, and once: the session of the role is kept. Without
// a terminal a flag or a variable has the code.
func TestMFACode(t *testing.T) {
	const asked = "Code of MFA device arn:aws:iam::123456789012:mfa/alice: "
	a := newAccount(t, "small", "echo-server")
	a.withDevice()
	a.fails(cli.ExitFailure, "tyg: no valid AWS credentials", "plan")
	a.fails(cli.ExitFailure, "tyg: the profile needs the code of an MFA device: "+
		"arn:aws:iam::123456789012:mfa/alice; there is no terminal to ask on: give --mfa-code or "+
		"TYG_MFA_CODE\n", "deploy", "--profile", "work")
	a.fails(cli.ExitFailure, "tyg: the code of MFA device arn:aws:iam::123456789012:mfa/alice is "+
		"wrong", "deploy", "--profile", "work", "--mfa-code", "000000")
	if o := a.answer("123456\n", "deploy", "--profile", "work"); o.status != cli.ExitOK ||
		!strings.HasPrefix(o.stderr, asked) {
		t.Fatalf("status %d, stderr %s", o.status, o.stderr)
	}
	a.must("plan", "--profile", "work")
	newHome(t) // where no session is kept
	t.Setenv("TYG_MFA_CODE", "123456")
	a.must("plan", "--profile", "work")
	newHome(t)
	t.Setenv("TYG_MFA_CODE", "")
	// The code and the answer to delete's question are typed ahead.
	if o := a.answer("123456\ny\n", "delete", "--profile", "work"); o.status != cli.ExitOK {
		t.Errorf("delete: status %d, stderr %s", o.status, o.stderr)
	}
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}

// newHome moves the home to an empty folder. The go command counts what it does in the folder of
// configurations, also after it has ended, so that one stays.
func newHome(t *testing.T) {
	t.Helper()
	stays, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", stays)
	t.Setenv("HOME", t.TempDir())
}
