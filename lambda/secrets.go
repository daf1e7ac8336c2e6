package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/partition"
)

// secretsVariable has the places of the variables that are read at start, as JSON: their names and
// a [secretPlace] each. "tyg deploy" sets it.
const secretsVariable = "TYG_SECRETS"

// A secretPlace is where the value of a variable is.
type secretPlace struct {
	SSM    string `json:"ssm,omitempty"`    // a parameter of Systems Manager
	Secret string `json:"secret,omitempty"` // a secret of Secrets Manager
	Key    string `json:"key,omitempty"`    // in the JSON object that the secret is
}

// secretsTime is how long reading the secrets may take: Lambda ends a start after 10 seconds.
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html)
const secretsTime = 8 * time.Second

// maxSecrets is the maximum length of an answer with secrets, in bytes: ten parameters of 8 KB, or
// a secret of 64 KB, in JSON.
const maxSecrets = 1 << 20

// parametersAtOnce is how many parameters a call of GetParameters may name.
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html)
const parametersAtOnce = 10

// LoadSecrets sets the environment variables whose values the configuration takes, at start, from
// Systems Manager and Secrets Manager. Package host calls it before it handles events; a program
// whose main needs such a variable earlier calls it first. A second call does nothing, and neither
// does one where nothing is to be read, as on a gateway of your own.
//
// The error names the variable and never has a value. LoadSecrets sets variables of the process, so
// nothing may read the environment at the same time.
func LoadSecrets(ctx context.Context) error {
	text := os.Getenv(secretsVariable)
	if text == "" {
		return nil
	}
	values, err := readSecrets(ctx, text, os.Getenv)
	if err != nil {
		return fmt.Errorf("read secrets: %w", err)
	}
	for name, value := range values {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("read secrets: variable %s: %w", name, err)
		}
	}
	return os.Unsetenv(secretsVariable)
}

// readSecrets returns the values of variables, by their names.
func readSecrets(
	ctx context.Context, text string, getenv func(string) string,
) (map[string]string, error) {
	var places map[string]secretPlace
	if err := json.Unmarshal([]byte(text), &places); err != nil {
		return nil, fmt.Errorf("%s is no JSON: %w", secretsVariable, err)
	}
	cfg, err := FromEnvironment(getenv)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, secretsTime)
	defer cancel()
	values := make(map[string]string)
	if err := readParameters(ctx, cfg, getenv, places, values); err != nil {
		return nil, err
	}
	return values, readManaged(ctx, cfg, getenv, places, values)
}

// readParameters reads the variables that are in Systems Manager.
func readParameters(
	ctx context.Context, cfg Config, getenv func(string) string,
	places map[string]secretPlace, values map[string]string,
) error {
	var parameters []string
	for _, p := range places {
		if p.SSM != "" && !slices.Contains(parameters, p.SSM) {
			parameters = append(parameters, p.SSM)
		}
	}
	slices.Sort(parameters)
	service := newSecretService(cfg, getenv, "ssm", "AWS_ENDPOINT_URL_SSM")
	found := make(map[string]string)
	for part := range slices.Chunk(parameters, parametersAtOnce) {
		var out struct {
			Parameters []struct{ Name, ARN, Value string }
		}
		in := map[string]any{"Names": part, "WithDecryption": true}
		if err := service.call(ctx, "AmazonSSM.GetParameters", in, &out); err != nil {
			return fmt.Errorf("parameters %s: %w", strings.Join(part, ", "), err)
		}
		for _, p := range out.Parameters {
			found[p.Name], found[p.ARN] = p.Value, p.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		parameter := places[name].SSM
		if parameter == "" {
			continue
		}
		value, ok := found[parameter]
		if !ok {
			return fmt.Errorf("variable %s: Systems Manager has no parameter %s", name, parameter)
		}
		values[name] = value
	}
	return nil
}

// readManaged reads the variables that are in Secrets Manager.
func readManaged(
	ctx context.Context, cfg Config, getenv func(string) string,
	places map[string]secretPlace, values map[string]string,
) error {
	service := newSecretService(cfg, getenv, "secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER")
	read := make(map[string]string) // by the id of the secret: several keys may be of one
	for _, name := range slices.Sorted(maps.Keys(places)) {
		p := places[name]
		if p.Secret == "" {
			continue
		}
		text, ok := read[p.Secret]
		if !ok {
			var out struct{ SecretString *string }
			in := map[string]any{"SecretId": p.Secret}
			if err := service.call(ctx, "secretsmanager.GetSecretValue", in, &out); err != nil {
				return fmt.Errorf("variable %s: secret %s: %w", name, p.Secret, err)
			}
			if out.SecretString == nil {
				return fmt.Errorf("variable %s: secret %s has bytes, and a variable has text", name, p.Secret)
			}
			text = *out.SecretString
			read[p.Secret] = text
		}
		value, err := keyOf(text, p.Key)
		if err != nil {
			return fmt.Errorf("variable %s: secret %s: %w", name, p.Secret, err)
		}
		values[name] = value
	}
	return nil
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
		return "", fmt.Errorf("it has no key %q", key)
	case string:
		return v, nil
	default:
		number, err := json.Marshal(v)
		return string(number), err
	}
}

// A secretService is one of the two services, both of which speak JSON at one address.
// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html)
type secretService struct {
	client   client
	endpoint string
}

func newSecretService(
	cfg Config, getenv func(string) string, service, variable string,
) secretService {
	names := []string{variable, "AWS_ENDPOINT_URL"}
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		names = nil
	}
	endpoint := firstSet(getenv, names...)
	if endpoint == "" {
		endpoint = "https://" + service + "." + cfg.Region + "." + partition.Suffix(cfg.Region)
	}
	return secretService{
		client: client{
			http:        newHTTPClient(nil, 1, secretsTime),
			credentials: cfg.Credentials, service: service, region: cfg.Region,
		},
		endpoint: strings.TrimRight(endpoint, "/") + "/",
	}
}

// call makes a call until it is answered. Reading twice does no harm.
func (s secretService) call(ctx context.Context, target string, in, out any) error {
	u, err := url.Parse(s.endpoint)
	if err != nil {
		return fmt.Errorf("parse endpoint: %w", err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r := request{
		method: http.MethodPost, url: u, body: body, most: maxSecrets,
		headers: http.Header{
			"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {target},
		},
	}
	retry := newBackoff(ctx, secretsTime)
	for {
		a, _, err := s.client.do(ctx, r)
		final := err == nil && a.status < http.StatusInternalServerError
		if err == nil && a.status != http.StatusOK {
			e := secretError(a)
			final = final && !strings.Contains(e.Type, "Throttl")
			err = e
		}
		if err == nil {
			return json.Unmarshal(a.body, out)
		}
		if final || !retry.wait(ctx) {
			return err
		}
	}
}

// secretError reads the error of one of the services, whose type is in the body.
func secretError(a answer) *ServiceError {
	var in struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(a.body, &in) // an answer may have no type
	return &ServiceError{
		Status: a.status, Type: in.Type[strings.LastIndex(in.Type, "#")+1:], Message: a.message(),
	}
}
