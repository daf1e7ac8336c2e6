package local

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// A profile is what a developer's own environment and files say about AWS. Functions get all of it
// as it is, so that their calls of other services work as the developer's tools do.
// (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html)
type profile struct {
	region string // empty: none
	signs  bool   // SDKs find credentials there
}

// credentialSettings are the settings and variables of which one is enough for an SDK to find
// credentials.
var (
	credentialSettings = [...]string{
		"aws_access_key_id", "credential_process", "role_arn", "sso_session", "sso_start_url",
		"login_session",
	}
	credentialVariables = [...]string{
		"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	}
)

// readProfile reads the environment and the files that it names.
func readProfile(environ []string) (p profile) {
	name := first(environ, "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
	if name == "" {
		name = "default"
	}
	p.region = first(environ, "AWS_REGION", "AWS_DEFAULT_REGION")
	p.signs = first(environ, credentialVariables[:]...) != ""
	home := filepath.Join(first(environ, "HOME", "USERPROFILE"), ".aws")
	for _, file := range []struct{ variable, name string }{
		{"AWS_CONFIG_FILE", "config"}, {"AWS_SHARED_CREDENTIALS_FILE", "credentials"},
	} {
		path := first(environ, file.variable)
		if path == "" {
			path = filepath.Join(home, file.name)
		}
		settings := readSection(path, name)
		if p.region == "" {
			p.region = settings["region"]
		}
		for _, key := range credentialSettings {
			p.signs = p.signs || settings[key] != ""
		}
	}
	return p
}

// readSection returns the settings of a profile in a file, none if there is no such file.
func readSection(path, profile string) map[string]string {
	f, err := os.Open(path)
	if err != nil {
		return nil // SDKs treat it so, too
	}
	defer f.Close()
	settings := make(map[string]string)
	inside := false
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if strings.HasPrefix(line, "[") {
			name := strings.TrimSpace(strings.Trim(line, "[]"))
			inside = strings.TrimSpace(strings.TrimPrefix(name, "profile ")) == profile
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if inside && ok && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ";") {
			settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return settings
}

// first returns the value of the first variable that has one.
func first(environ []string, names ...string) string {
	for _, name := range names {
		for i := len(environ) - 1; i >= 0; i-- { // the last entry counts
			if value, ok := strings.CutPrefix(environ[i], name+"="); ok && value != "" {
				return value
			}
		}
	}
	return ""
}
