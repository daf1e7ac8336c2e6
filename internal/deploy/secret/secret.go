// Package secret reads the environment variables that deploy gives to functions from Systems
// Manager and Secrets Manager. It alone calls these.
package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A reader reads each secret once.
type reader struct {
	parameters *ssm.Client
	secrets    *secretsmanager.Client
	read       map[string]string // values by the place that String of a Secret without a key names
}

// Resolve returns an application whose functions have the values of the secrets that deploy reads.
// The given one is unchanged. No error has a value.
func Resolve(
	ctx context.Context, cfg aws.Config, app spec.Application,
) (spec.Application, error) {
	r := reader{
		parameters: ssm.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg),
		read: make(map[string]string),
	}
	app.Functions = slices.Clone(app.Functions)
	for i, fn := range app.Functions {
		names := fn.DeploySecrets()
		if len(names) == 0 {
			continue
		}
		environment := make(map[string]string)
		maps.Copy(environment, fn.Environment)
		for _, name := range names {
			value, err := r.value(ctx, fn.Secrets[name])
			if err != nil {
				return app, fmt.Errorf("environment_variables.%s of %s: %w", name, fn.LogicalName, err)
			}
			environment[name] = value
		}
		app.Functions[i].Environment = environment
	}
	return app, nil
}

// value returns the value of a secret.
func (r reader) value(ctx context.Context, s spec.Secret) (string, error) {
	whole := s
	whole.Key = ""
	text, ok := r.read[whole.String()]
	if !ok {
		var err error
		if text, err = r.ask(ctx, s); err != nil {
			return "", err
		}
		r.read[whole.String()] = text
	}
	value, err := keyOf(text, s.Key)
	if err != nil {
		return "", fmt.Errorf("%v: %w", s, err)
	}
	return value, nil
}

func (r reader) ask(ctx context.Context, s spec.Secret) (string, error) {
	if s.Parameter != "" {
		out, err := r.parameters.GetParameters(ctx, &ssm.GetParametersInput{
			Names: []string{s.Parameter}, WithDecryption: aws.Bool(true),
		})
		if err != nil {
			return "", fmt.Errorf("read %v: %w", s, err)
		}
		if len(out.Parameters) == 0 {
			return "", fmt.Errorf("there is no %v in this region: aws ssm put-parameter --type "+
				"SecureString --name %s --value … makes it", s, s.Parameter)
		}
		return aws.ToString(out.Parameters[0].Value), nil
	}
	out, err := r.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.Secret})
	if err != nil {
		return "", fmt.Errorf("read secret %s: %w", s.Secret, err)
	}
	if out.SecretString == nil {
		return "", fmt.Errorf("secret %s has bytes, and a variable has text", s.Secret)
	}
	return *out.SecretString, nil
}

// keyOf returns the text of a key in a JSON object, or the whole text for no key.
func keyOf(text, key string) (string, error) {
	if key == "" {
		return text, nil
	}
	var object map[string]any
	if json.Unmarshal([]byte(text), &object) != nil { // its error would have part of the secret
		return "", errors.New("it is no JSON object, so it has no key")
	}
	switch v := object[key].(type) {
	case nil:
		return "", errors.New("there is no such key")
	case string:
		return v, nil
	default:
		number, err := json.Marshal(v)
		return string(number), err
	}
}
