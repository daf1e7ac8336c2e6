package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/awskeys"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// TestCredentialsOfSharedFiles prints those of a profile, and says why there are none.
func TestCredentialsOfSharedFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"credentials": "[work]\naws_access_key_id = AKID\naws_secret_access_key = secret\n",
		"config": "[profile work]\nregion = eu-west-1\nservices = local\n" +
			"[services local]\nlambda =\n  endpoint_url = http://127.0.0.1:9001\n" +
			"[profile empty]\nregion = eu-west-1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	find := func(profile string) (a awskeys.Answer, status int) {
		t.Setenv("AWS_PROFILE", profile)
		var stdout, stderr bytes.Buffer
		e := &cli.Env{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}
		status = run(t.Context(), []string{awskeys.Verb, "--service=Lambda"}, e)
		if status == 0 {
			if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
				t.Fatalf("%s: %v", stdout.String(), err)
			}
		}
		return a, status
	}
	a, _ := find("work")
	if a.Key == nil || a.Key.AccessKeyID != "AKID" || a.Key.SecretAccessKey != "secret" ||
		a.Region != "eu-west-1" || a.Endpoint != "http://127.0.0.1:9001" {
		t.Errorf("answer %+v", a)
	}
	a, _ = find("empty")
	if a.Key != nil || !strings.Contains(a.Missing, "no valid AWS credentials") {
		t.Errorf("without credentials: %+v", a)
	}
	if _, status := find("other"); status != 1 {
		t.Errorf("status %d of a profile that does not exist, want 1", status)
	}
}
