package function

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// create creates a function, and waits until it can be called.
func (r run) create(ctx context.Context, fn spec.Function, res *plan.Resource) error {
	conf := r.configuration(fn, foundFunction{})
	code, err := r.code(ctx, fn)
	if err != nil {
		return err
	}
	err = r.retryUntilAssumable(ctx, fn, func() error {
		_, err := r.CreateFunction(ctx, &lambda.CreateFunctionInput{
			FunctionName: conf.FunctionName, Role: conf.Role, Handler: conf.Handler, Runtime: conf.Runtime,
			Environment: conf.Environment, Timeout: conf.Timeout, MemorySize: conf.MemorySize,
			Layers: conf.Layers, VpcConfig: conf.VpcConfig, TracingConfig: conf.TracingConfig,
			EphemeralStorage: conf.EphemeralStorage, LoggingConfig: conf.LoggingConfig,
			KMSKeyArn: conf.KMSKeyArn, Description: conf.Description,
			Architectures: architectures(fn), Code: code,
			Tags: r.App.ResourceTags(fn.Tags),
		})
		return err
	})
	if _, exists := errors.AsType[*types.ResourceConflictException](err); exists {
		err = r.madeByUs(ctx, res.FunctionName, err)
	}
	if err != nil {
		return err
	}
	have, err := r.settle(ctx, res.FunctionName)
	if err != nil {
		return err
	}
	res.FunctionARN = have.arn
	if fn.ReservedConcurrency == nil || *fn.ReservedConcurrency < 0 {
		return nil
	}
	return r.setConcurrency(ctx, fn)
}

// madeByUs returns nil if the existing function has our tag: then the answer to an earlier call was
// lost. Otherwise it returns exists.
func (r run) madeByUs(ctx context.Context, name string, exists error) error {
	have, err := r.get(ctx, name)
	if err != nil {
		return err
	}
	if have == nil || have.tags[spec.TagKey] != r.App.Tag() {
		return exists
	}
	return nil
}

// configuration returns the configuration of a function: all but its code, concurrency and tags.
// have is the existing function, or the zero value.
func (r run) configuration(
	fn spec.Function, have foundFunction,
) *lambda.UpdateFunctionConfigurationInput {
	endpoint := r.Account.Endpoint(r.IDs.API, r.App.API.Stage)
	return &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String(r.App.FunctionName(fn.LogicalName)),
		Role:         aws.String(r.roleOf(fn)),
		Handler:      aws.String(spec.Handler),
		Runtime:      types.Runtime(spec.Runtime),
		Environment:  &types.Environment{Variables: r.App.Environment(fn, endpoint)},
		Timeout:      aws.Int32(int32(fn.Timeout)),
		MemorySize:   aws.Int32(int32(fn.MemorySize)),
		// An empty list removes the elements that AWS has; a nil list keeps them.
		Layers:           append([]string{}, fn.Layers...),
		VpcConfig:        vpcConfig(fn, have),
		TracingConfig:    &types.TracingConfig{Mode: types.TracingMode(fn.TracingMode())},
		EphemeralStorage: ephemeralStorage(fn),
		LoggingConfig:    loggingConfig(fn, have),
		KMSKeyArn:        stringOrNil(fn.KMSKeyARN),
		Description:      description(fn),
	}
}

// description returns nil for the one that the function has.
func description(fn spec.Function) *string {
	if fn.Release.Number == 0 {
		return nil
	}
	return aws.String(fn.Release.String())
}

// ephemeralStorage returns nil for what the function has.
func ephemeralStorage(fn spec.Function) *types.EphemeralStorage {
	if fn.EphemeralStorage == 0 {
		return nil
	}
	return &types.EphemeralStorage{Size: aws.Int32(int32(fn.EphemeralStorage))}
}

// vpcConfig returns the VPC of a function. AWS takes a structure as a whole, so it also has what
// the application leaves as it is.
func vpcConfig(fn spec.Function, have foundFunction) *types.VpcConfig {
	out := &types.VpcConfig{
		SubnetIds:        append([]string{}, fn.SubnetIDs...),
		SecurityGroupIds: append([]string{}, fn.SecurityGroupIDs...),
	}
	switch {
	case fn.IPv6 != nil:
		out.Ipv6AllowedForDualStack = fn.IPv6
	case have.ipv6 && len(fn.SubnetIDs) > 0:
		out.Ipv6AllowedForDualStack = &have.ipv6
	}
	return out
}

// loggingConfig returns nil for what the function has. Otherwise it also has what the application
// leaves as it is: the levels, which are those of logs in JSON, and the log group.
// (https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html)
func loggingConfig(fn spec.Function, have foundFunction) *types.LoggingConfig {
	if fn.LogFormat == "" {
		return nil
	}
	out := &types.LoggingConfig{
		LogFormat: types.LogFormat(fn.LogFormat), LogGroup: stringOrNil(have.logGroup),
	}
	if out.LogFormat == types.LogFormatJson {
		out.ApplicationLogLevel = types.ApplicationLogLevel(
			cmp.Or(fn.ApplicationLogLevel, have.applicationLevel))
		out.SystemLogLevel = types.SystemLogLevel(cmp.Or(fn.SystemLogLevel, have.systemLevel))
	}
	return out
}

// stringOrNil returns nil for the empty string.
func stringOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (r run) roleOf(fn spec.Function) string {
	if fn.Role.ARN != "" {
		return fn.Role.ARN
	}
	return r.IDs.Roles[fn.Role.LogicalName]
}

func architectures(fn spec.Function) []types.Architecture {
	return []types.Architecture{types.Architecture(fn.Architecture)}
}
