package awsconfig

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// A roleCache keeps the credentials of a role where the AWS CLI keeps them, in the same form. A
// code of an MFA device counts once, so without it every command would wait for the next one.
type roleCache struct {
	file string
	role aws.CredentialsProvider
	now  func() time.Time
}

// earlyBy is how long before their end cached credentials are not used any more, as in the AWS CLI:
// they must last for the command.
const earlyBy = 15 * time.Minute

// A cachedRole is the content of the file.
type cachedRole struct {
	Credentials struct {
		AccessKeyID     string    `json:"AccessKeyId"`
		SecretAccessKey string    `json:"SecretAccessKey"`
		SessionToken    string    `json:"SessionToken"`
		Expiration      time.Time `json:"Expiration"`
		AccountID       string    `json:"AccountId,omitempty"`
	}
}

// cacheRole returns credentials that are cached, if they are of a role that needs an MFA device.
func cacheRole(cfg aws.Config) aws.CredentialsProvider {
	shared, ok := sharedProfile(cfg)
	if !ok || shared.RoleARN == "" || shared.MFASerial == "" {
		return cfg.Credentials
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return cfg.Credentials
	}
	file := filepath.Join(home, ".aws", "cli", "cache", cacheKey(shared)+".json")
	return aws.NewCredentialsCache(&roleCache{file: file, role: cfg.Credentials, now: time.Now})
}

// sharedProfile returns the profile that the credentials come from. Keys in the environment have
// priority.
func sharedProfile(cfg aws.Config) (config.SharedConfig, bool) {
	var shared config.SharedConfig
	found := false
	for _, source := range cfg.ConfigSources {
		switch s := source.(type) {
		case config.EnvConfig:
			if s.Credentials.HasKeys() && s.SharedConfigProfile == "" {
				return shared, false
			}
		case config.SharedConfig:
			shared, found = s, true
		}
	}
	return shared, found
}

// cacheKey returns the name of the file: the hash of the arguments of AssumeRole, in JSON as Python
// writes it (botocore, credentials.py, AssumeRoleCredentialFetcher).
func cacheKey(p config.SharedConfig) string {
	args := make(map[string]any)
	for name, value := range map[string]string{
		"ExternalId": p.ExternalID, "RoleArn": p.RoleARN, "RoleSessionName": p.RoleSessionName,
		"SerialNumber": p.MFASerial,
	} {
		if value != "" {
			args[name] = value
		}
	}
	if p.RoleDurationSeconds != nil {
		args["DurationSeconds"] = int(p.RoleDurationSeconds.Seconds())
	}
	sum := sha1.Sum(pythonJSON(args))
	return hex.EncodeToString(sum[:])
}

// pythonJSON returns an object with sorted keys, and spaces as Python's json.dumps has them.
func pythonJSON(args map[string]any) []byte {
	text := []byte{'{'}
	for _, name := range []string{
		"DurationSeconds", "ExternalId", "RoleArn", "RoleSessionName", "SerialNumber",
	} {
		value, ok := args[name]
		if !ok {
			continue
		}
		if len(text) > 1 {
			text = append(text, ", "...)
		}
		data, err := json.Marshal(value)
		if err != nil {
			panic(err) // a string or a number
		}
		text = append(text, `"`+name+`": `...)
		text = append(text, data...)
	}
	return append(text, '}')
}

// Retrieve returns the cached credentials, or new ones, which it keeps. A cache that cannot be read
// or written is no error.
func (c *roleCache) Retrieve(ctx context.Context) (aws.Credentials, error) {
	var kept cachedRole
	data, err := os.ReadFile(c.file)
	if err == nil && json.Unmarshal(data, &kept) == nil &&
		kept.Credentials.Expiration.Sub(c.now()) > earlyBy {
		k := kept.Credentials
		return aws.Credentials{
			AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken,
			Source: "AWSCLICache", CanExpire: true, Expires: k.Expiration, AccountID: k.AccountID,
		}, nil
	}
	fresh, err := c.role.Retrieve(ctx)
	if err == nil {
		c.keep(fresh)
	}
	return fresh, err
}

func (c *roleCache) keep(fresh aws.Credentials) {
	var kept cachedRole
	k := &kept.Credentials
	k.AccessKeyID, k.SecretAccessKey = fresh.AccessKeyID, fresh.SecretAccessKey
	k.SessionToken, k.AccountID = fresh.SessionToken, fresh.AccountID
	k.Expiration = fresh.Expires.UTC().Truncate(time.Second)
	data, err := json.Marshal(kept)
	if err != nil || os.MkdirAll(filepath.Dir(c.file), 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(c.file), ".tyg-*")
	if err != nil {
		return
	}
	_, err = temp.Write(data) // CreateTemp makes files that only their owner may read
	if closed := temp.Close(); err != nil || closed != nil || os.Rename(temp.Name(), c.file) != nil {
		_ = os.Remove(temp.Name())
	}
}
