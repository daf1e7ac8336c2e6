package selfhost

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/inspect"
)

// secrets returns the keys that may call @connections.
func (c *Config) secrets() (map[string]string, error) {
	all := make(map[string]string)
	for _, k := range c.Keys {
		secret, err := c.secret(k)
		if err != nil {
			return nil, fmt.Errorf("connections_keys: %w", err)
		}
		all[k.ID] = secret
	}
	return all, nil
}

func (c *Config) secret(k project.Key) (string, error) {
	if k.ID == "" {
		return "", errors.New(`a key has no "access_key_id"`)
	}
	if (k.SecretEnv == "") == (k.SecretFile == "") {
		return "", fmt.Errorf(`key %q needs one of "secret_env" and "secret_file"`, k.ID)
	}
	secret, err := c.readSecret(k.SecretEnv, k.SecretFile)
	if err != nil {
		return "", fmt.Errorf("key %q: %w", k.ID, err)
	}
	return secret, nil
}

// readSecret returns a secret of a variable, or of a file that only some may read.
func (c *Config) readSecret(variable, file string) (string, error) {
	if variable != "" {
		if s := os.Getenv(variable); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("the environment variable %s is not set", variable)
	}
	name := c.path(file)
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(name); err == nil && info.Mode()&fs.ModePerm&0o007 != 0 && onUnix {
		return "", fmt.Errorf("every user can read %s; run chmod o-rwx", name)
	}
	if s := strings.TrimSpace(string(data)); s != "" {
		return s, nil
	}
	return "", fmt.Errorf("%s is empty", name)
}

// inspectToken returns the token of the inspector, "" if there is none.
func (c *Config) inspectToken() (string, error) {
	a := c.Admin
	switch {
	case a.InspectTokenEnv == "" && a.InspectTokenFile == "":
		return "", nil
	case project.On(a.Off):
		return "", errors.New(`admin is "off", and the inspector would be there; leave out its token`)
	case a.InspectTokenEnv != "" && a.InspectTokenFile != "":
		return "", errors.New(`admin has "inspect_token_env" or "inspect_token_file", not both`)
	}
	token, err := c.readSecret(a.InspectTokenEnv, a.InspectTokenFile)
	if err == nil {
		err = inspect.CheckToken(token)
	}
	if err != nil {
		return "", fmt.Errorf("admin: token of the inspector: %w", err)
	}
	return token, nil
}

// credentials returns the credentials of the functions, and adds them to the secrets. The key in
// the environment of this process counts, which the functions inherit; without one, it makes one
// up.
func credentials(secrets map[string]string) functions.Credentials {
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if id != "" && secret != "" {
		secrets[id] = secret
		return functions.Credentials{}
	}
	own := functions.Credentials{AccessKeyID: "TYG" + rand.Text()[:17], SecretAccessKey: rand.Text()}
	secrets[own.AccessKeyID] = own.SecretAccessKey
	return own
}
