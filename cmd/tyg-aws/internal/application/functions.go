package application

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// The defaults of a function on AWS.
const (
	defaultTimeout = int(apigw.IntegrationTimeout / time.Second) // in seconds
	defaultMemory  = 128                                         // MiB
)

// lambda returns one function.
func (b *Blueprint) lambda(
	logical string, s project.StageConfig, tables []deploy.Table,
) (deploy.Function, error) {
	f := b.Function(b.Stage, logical).FunctionConfig
	fn := deploy.Function{
		LogicalName: logical, Bundle: b.Bundle, Architecture: s.Architecture,
		Environment: b.groupEnvironment(f.Environment.Plain()),
		Timeout:     cmp.Or(f.Timeout, defaultTimeout),
		MemorySize:  cmp.Or(f.MemorySize, defaultMemory),
		Layers:      f.Layers, XRay: valueOr(f.XRay, false),
		SubnetIDs: f.SubnetIDs, SecurityGroupIDs: f.SecurityGroupIDs, IPv6: f.IPv6,
		Secrets:             secrets(f.Environment),
		EphemeralStorage:    f.EphemeralStorage,
		LogFormat:           f.LogFormat,
		ApplicationLogLevel: f.LogLevel,
		SystemLogLevel:      f.SystemLogLevel,
		KMSKeyARN:           f.KMSKeyARN,
		ReservedConcurrency: f.ReservedConcurrency, LogRetention: f.LogRetentionDays, Tags: f.Tags,
		LogKMSKey: f.LogKMSKey,
	}
	if err := checkVariables(f.Environment, tables); err != nil {
		return fn, err
	}
	var err error
	fn.Role, err = b.role(logical, f)
	return fn, err
}

// secrets returns the variables whose values AWS keeps, or nil.
func secrets(all project.Variables) map[string]deploy.Secret {
	var found map[string]deploy.Secret
	for name, v := range all {
		if !v.IsSecret() {
			continue
		}
		if found == nil {
			found = make(map[string]deploy.Secret)
		}
		found[name] = deploy.Secret{
			Parameter: v.SSM, Secret: v.Secret, Key: v.Key, AtDeploy: v.At == project.AtDeploy,
		}
	}
	return found
}

// checkVariables reports a variable that is both configured and the variable of a table.
func checkVariables(configured project.Variables, tables []deploy.Table) error {
	for _, t := range tables {
		if _, set := configured[t.Variable]; set {
			return fmt.Errorf("environment_variables has %s, which is the variable of tables.%s; "+
				"remove one of them", t.Variable, t.LogicalName)
		}
	}
	return nil
}

// role returns the role of a function.
func (b *Blueprint) role(logical string, f project.FunctionConfig) (deploy.Role, error) {
	switch {
	case b.Generated:
	case !valueOr(f.ManageIAMRole, true):
		if f.IAMRoleARN == "" {
			return deploy.Role{}, errors.New(`"manage_iam_role": false requires an iam_role_arn`)
		}
		return deploy.Role{ARN: f.IAMRoleARN}, nil
	case !valueOr(f.AutogenPolicy, true):
		policy, err := b.policy(cmp.Or(f.IAMPolicyFile, "policy-"+b.Stage+".json"))
		return deploy.Role{LogicalName: logical + "_role", Policy: policy}, err
	}
	return b.generatedRole(logical, f), nil
}

// generatedRole returns the role that all functions with a generated policy share, or one of its
// own for a function with statements of its own.
func (b *Blueprint) generatedRole(logical string, f project.FunctionConfig) deploy.Role {
	role := deploy.Role{LogicalName: "default-role"}
	shared := b.At(b.Stage).PolicyStatements
	if !b.Generated && !reflect.DeepEqual(f.PolicyStatements, shared) {
		role.LogicalName = logical + "_role"
	}
	for _, s := range f.PolicyStatements {
		role.Statements = append(role.Statements, s.Document())
	}
	return role
}

// policy reads a policy file of the project.
func (b *Blueprint) policy(file string) (json.RawMessage, error) {
	data, err := os.ReadFile(filepath.Join(b.Dir, ".tyg", filepath.FromSlash(file)))
	if err != nil {
		return nil, fmt.Errorf("read IAM policy: %w; tyg gen-policy prints one to start with", err)
	}
	if !json.Valid(data) {
		return nil, fmt.Errorf("the IAM policy .tyg/%s is not JSON", file)
	}
	return data, nil
}

// checkRoles reports settings of roles that no function uses.
func (b *Blueprint) checkRoles(functions []deploy.Function) error {
	var arn, file, statements, usesARN, usesFile, generated bool
	for _, fn := range functions {
		f := b.Function(b.Stage, fn.LogicalName)
		arn, file = arn || f.IAMRoleARN != "", file || f.IAMPolicyFile != ""
		statements = statements || len(f.PolicyStatements) > 0
		generated = generated || len(fn.Role.Statements) > 0
		usesARN, usesFile = usesARN || fn.Role.ARN != "", usesFile || fn.Role.Policy != nil
	}
	switch {
	case b.Generated:
	case arn && !usesARN:
		return fmt.Errorf(`%s: iam_role_arn has no effect without "manage_iam_role": false`,
			project.ConfigPath)
	case file && !usesFile:
		return fmt.Errorf(`%s: iam_policy_file has no effect without "autogen_policy": false`,
			project.ConfigPath)
	case statements && !generated:
		return fmt.Errorf("%s: policy_statements are added to a generated policy, and no function has "+
			"one: put them into the policy that it has", project.ConfigPath)
	}
	return nil
}
