// Package vault is what other teams keep for an application: the parameters of Systems Manager and
// the secrets of Secrets Manager, in memory. They can only be read.
package vault

import (
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what there is.
type State struct {
	*account.Account

	Parameters map[string]string // values, by name
	Secrets    map[string]string // values, by name
}

// New returns the state of an empty account.
func New(a *account.Account) *State {
	return &State{Account: a, Parameters: make(map[string]string), Secrets: make(map[string]string)}
}

// GetParameters is the operation of Systems Manager. Parameters that do not exist are no error.
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html)
func (s *State) GetParameters(in wire.Params) (map[string]any, error) {
	found, invalid := []any{}, []any{}
	for _, name := range in.Strs("Names") {
		if p := s.parameter(name, in.Flag("WithDecryption")); p != nil {
			found = append(found, p)
		} else {
			invalid = append(invalid, name)
		}
	}
	return map[string]any{"Parameters": found, "InvalidParameters": invalid}, nil
}

// GetParameter is the operation of Systems Manager for one parameter.
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html)
func (s *State) GetParameter(in wire.Params) (map[string]any, error) {
	p := s.parameter(in.Str("Name"), in.Flag("WithDecryption"))
	if p == nil {
		return nil, wire.Fail(http.StatusBadRequest, "ParameterNotFound", "")
	}
	return map[string]any{"Parameter": p}, nil
}

// parameter returns a parameter by its name or ARN, or nil.
func (s *State) parameter(name string, decrypt bool) map[string]any {
	if strings.HasPrefix(name, "arn:") {
		_, name, _ = strings.Cut(name, ":parameter")
	}
	value, ok := s.Parameters[name]
	if !ok {
		return nil
	}
	if !decrypt {
		value = "AQICAHi" // of a SecureString, encrypted
	}
	return map[string]any{
		"Name": name, "Type": "SecureString", "Value": value, "Version": 1,
		"ARN":              account.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/")),
		"LastModifiedDate": s.Now(), "DataType": "text",
	}
}

// GetSecretValue is the operation of Secrets Manager.
// (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)
func (s *State) GetSecretValue(in wire.Params) (map[string]any, error) {
	const random = "-a1B2c3"
	name := in.Str("SecretId")
	if strings.HasPrefix(name, "arn:") {
		_, name, _ = strings.Cut(name, ":secret:")
		name = strings.TrimSuffix(name, random)
	}
	value, ok := s.Secrets[name]
	if !ok {
		return nil, wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret.")
	}
	return map[string]any{
		"ARN": account.ARN("secretsmanager", "secret:"+name+random), "Name": name,
		"SecretString": value, "VersionStages": []any{"AWSCURRENT"},
		"VersionId": "00000000-0000-4000-8000-000000000000", "CreatedDate": s.Now(),
	}, nil
}
