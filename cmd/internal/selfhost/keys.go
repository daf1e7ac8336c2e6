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
	switch {
	case k.ID == "":
		return "", errors.New(`a key has no "access_key_id"`)
	case (k.SecretEnv == "") == (k.SecretFile == ""):
		return "", fmt.Errorf(`key %q needs one of "secret_env" and "secret_file"`, k.ID)
	case k.SecretEnv != "":
		if s := os.Getenv(k.SecretEnv); s != "" {
			return s, nil
		}
		return "", fmt.Errorf("key %q: the environment variable %s is not set", k.ID, k.SecretEnv)
	}
	name := c.path(k.SecretFile)
	data, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("key %q: %w", k.ID, err)
	}
	if info, err := os.Stat(name); err == nil && info.Mode()&fs.ModePerm&0o007 != 0 && onUnix {
		return "", fmt.Errorf("key %q: every user can read %s; run chmod o-rwx", k.ID, name)
	}
	if s := strings.TrimSpace(string(data)); s != "" {
		return s, nil
	}
	return "", fmt.Errorf("key %q: %s is empty", k.ID, name)
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
