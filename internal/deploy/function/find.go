package function

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundFunction is an existing function.
type foundFunction struct {
	logical string
	arn     string

	code         string // its hash
	architecture types.Architecture

	handler, role           string
	runtime                 types.Runtime
	environment             map[string]string
	timeout, memory         int // seconds, MiB
	layers                  []string
	subnets, securityGroups []string
	ipv6                    bool
	tracing                 types.TracingMode

	storage                                  int // MiB
	logFormat, applicationLevel, systemLevel string
	logGroup                                 string
	key                                      string // the ARN of the key of the environment

	concurrency *int // nil: none is reserved
	tags        map[string]string

	release  spec.Release // of $LATEST, published or not
	revision string
	versions []foundVersion // the newest first
	aliases  []foundAlias

	// state is Pending while Lambda creates the function, and lastUpdate InProgress while it changes
	// it. Both may be Failed; then reason says why.
	// (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html)
	state      types.State
	lastUpdate types.LastUpdateStatus
	reason     string

	grants map[string]grants // by qualifier
}

// grants are the statements that tyg has added to a policy, by their ids.
type grants map[string]spec.Grant

// failed reports whether Lambda could not create the function, which then can only be deleted.
func (f foundFunction) failed() bool { return f.state == types.StateFailed }

// settled reports whether Lambda has finished the last change.
func (f foundFunction) settled() bool {
	return f.state != types.StatePending && f.lastUpdate != types.LastUpdateStatusInProgress
}

// findFunctions looks for the functions of the application, by name.
func (c client) findFunctions(
	ctx context.Context, app spec.Application,
) (map[string]foundFunction, error) {
	functions := make(map[string]foundFunction)
	for _, fn := range app.Functions {
		name := app.FunctionName(fn.LogicalName)
		have, err := c.get(ctx, name)
		if err != nil {
			return nil, err
		}
		if have == nil {
			continue
		}
		have.logical = fn.LogicalName
		if err := c.describe(ctx, app, name, have); err != nil {
			return nil, err
		}
		functions[name] = *have
	}
	return functions, nil
}

// describe adds the grants of a function and, if the application has releases, its versions.
func (c client) describe(
	ctx context.Context, app spec.Application, name string, have *foundFunction,
) (err error) {
	have.grants = make(map[string]grants)
	if have.grants[""], err = c.getGrants(ctx, name, ""); err != nil || app.Releases == 0 {
		return err
	}
	if have.versions, err = c.findVersions(ctx, name); err != nil {
		return err
	}
	if have.aliases, err = c.findAliases(ctx, name); err != nil || have.live() == nil {
		return err
	}
	have.grants[spec.LiveAlias], err = c.getGrants(ctx, name, spec.LiveAlias)
	return err
}

// get returns a function, without its grants, or nil if there is none of that name.
func (c client) get(ctx context.Context, name string) (*foundFunction, error) {
	out, err := c.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
	if isNoFunction(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// Without tags and environment, everything would seem to differ.
	if e := out.TagsError; e != nil {
		return nil, fmt.Errorf("read tags of function %s: %s: %s; allow lambda:ListTags",
			name, aws.ToString(e.ErrorCode), aws.ToString(e.Message))
	}
	if env := out.Configuration.Environment; env != nil && env.Error != nil {
		return nil, fmt.Errorf("read environment of function %s: %s: %s",
			name, aws.ToString(env.Error.ErrorCode), aws.ToString(env.Error.Message))
	}
	have := newFoundFunction(out.Configuration)
	have.tags = out.Tags
	if out.Concurrency != nil && out.Concurrency.ReservedConcurrentExecutions != nil {
		n := int(*out.Concurrency.ReservedConcurrentExecutions)
		have.concurrency = &n
	}
	return &have, nil
}

func newFoundFunction(conf *types.FunctionConfiguration) foundFunction {
	have := foundFunction{
		arn: aws.ToString(conf.FunctionArn), code: aws.ToString(conf.CodeSha256),
		architecture: types.ArchitectureX8664,
		handler:      aws.ToString(conf.Handler), role: aws.ToString(conf.Role), runtime: conf.Runtime,
		timeout: int(aws.ToInt32(conf.Timeout)), memory: int(aws.ToInt32(conf.MemorySize)),
		tracing: types.TracingModePassThrough,
		state:   conf.State, lastUpdate: conf.LastUpdateStatus,
		release:  spec.ParseRelease(aws.ToString(conf.Description)),
		revision: aws.ToString(conf.RevisionId),
		reason:   aws.ToString(conf.LastUpdateStatusReason),
	}
	if have.failed() {
		have.reason = aws.ToString(conf.StateReason)
	}
	if len(conf.Architectures) > 0 {
		have.architecture = conf.Architectures[0]
	}
	if conf.Environment != nil {
		have.environment = conf.Environment.Variables
	}
	for _, layer := range conf.Layers {
		have.layers = append(have.layers, aws.ToString(layer.Arn))
	}
	if conf.VpcConfig != nil {
		have.subnets, have.securityGroups = conf.VpcConfig.SubnetIds, conf.VpcConfig.SecurityGroupIds
		have.ipv6 = aws.ToBool(conf.VpcConfig.Ipv6AllowedForDualStack)
	}
	have.key = aws.ToString(conf.KMSKeyArn)
	if conf.EphemeralStorage != nil {
		have.storage = int(aws.ToInt32(conf.EphemeralStorage.Size))
	}
	if l := conf.LoggingConfig; l != nil {
		have.logFormat, have.systemLevel = string(l.LogFormat), string(l.SystemLogLevel)
		have.applicationLevel, have.logGroup = string(l.ApplicationLogLevel), aws.ToString(l.LogGroup)
	}
	if conf.TracingConfig != nil {
		have.tracing = conf.TracingConfig.Mode
	}
	return have
}

// isNoFunction reports whether a function, its policy or a statement of that does not exist.
func isNoFunction(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}
