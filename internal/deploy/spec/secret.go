package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SecretsVariable is the environment variable with the places of the secrets that a function reads
// at start. Package lambda reads it.
const SecretsVariable = "TYG_SECRETS"

// A Secret is where AWS keeps the value of an environment variable.
type Secret struct {
	Parameter string `json:"ssm,omitempty"`    // name or ARN of a parameter of Systems Manager
	Secret    string `json:"secret,omitempty"` // name or ARN of a secret of Secrets Manager
	Key       string `json:"key,omitempty"`    // in the JSON object that the secret is

	// AtDeploy has deploy read the value and give it to the function. Otherwise the function reads it
	// when it starts, and nothing else has it.
	AtDeploy bool `json:"-"`
}

// startSecrets returns the value of [SecretsVariable], or "" if there is nothing to read.
func (fn Function) startSecrets() string {
	places := make(map[string]Secret)
	for name, s := range fn.Secrets {
		if !s.AtDeploy {
			places[name] = s
		}
	}
	if len(places) == 0 {
		return ""
	}
	text, err := json.Marshal(places)
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}

// DeploySecrets returns the variables that deploy reads, sorted.
func (fn Function) DeploySecrets() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fn.Secrets)) {
		if fn.Secrets[name].AtDeploy {
			names = append(names, name)
		}
	}
	return names
}

// ARN returns the ARN of a secret for policies. Secrets Manager puts six random characters after
// the name.
// (https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html)
func (s Secret) ARN(a Account) string {
	switch {
	case strings.HasPrefix(s.Parameter, "arn:"):
		return s.Parameter
	case s.Parameter != "":
		return a.ARN("ssm", "parameter/"+strings.TrimPrefix(s.Parameter, "/"))
	case strings.HasPrefix(s.Secret, "arn:"):
		return s.Secret
	}
	return a.ARN("secretsmanager", "secret:"+s.Secret+"-??????")
}

// String returns where the secret is, for people.
func (s Secret) String() string {
	if s.Parameter != "" {
		return "parameter " + s.Parameter
	}
	if s.Key != "" {
		return fmt.Sprintf("key %s of secret %s", s.Key, s.Secret)
	}
	return "secret " + s.Secret
}

// AllowSecrets allows to read the secrets of an application: those that its functions read when
// they start, or those that deploy reads.
func (p *Policy) AllowSecrets(app Application, account Account, atDeploy bool) {
	var parameters, secrets []string
	for _, fn := range app.Functions {
		for _, s := range fn.Secrets {
			arn := s.ARN(account)
			switch {
			case s.AtDeploy != atDeploy:
			case s.Parameter != "" && !slices.Contains(parameters, arn):
				parameters = append(parameters, arn)
			case s.Parameter == "" && !slices.Contains(secrets, arn):
				secrets = append(secrets, arn)
			}
		}
	}
	slices.Sort(parameters)
	slices.Sort(secrets)
	if len(parameters) > 0 {
		p.Allow("Parameters", []string{"ssm:GetParameters"}, parameters...)
	}
	if len(secrets) > 0 {
		p.Allow("Secrets", []string{"secretsmanager:GetSecretValue"}, secrets...)
	}
}
