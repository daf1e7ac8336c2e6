package deploy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

const echoFunction = "echo-server-dev-websocket_message"

func (r *rig) lambda() *lambda.Client { return lambda.NewFromConfig(r.config()) }

// function returns a function as AWS has it.
func (r *rig) function(t *testing.T, name string) *lambda.GetFunctionOutput {
	t.Helper()
	out, err := r.lambda().GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: &name})
	must(t, err)
	return out
}

// plan returns what a deploy would do now.
func (r *rig) plan(t *testing.T, app deploy.Application) (deploy.Plan, error) {
	t.Helper()
	d, err := r.deployer(t.Context())
	must(t, err)
	return d.Plan(t.Context(), app)
}

// updates are the calls that change a function.
func (r *rig) updates() (code, configuration int) {
	return r.calls("UpdateFunctionCode"), r.calls("UpdateFunctionConfiguration")
}

func TestC4HandlerIsPutRight(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	_, err := r.lambda().UpdateFunctionConfiguration(t.Context(),
		&lambda.UpdateFunctionConfigurationInput{
			FunctionName: aws.String(echoFunction), Handler: aws.String("main"),
			Environment: &types.Environment{Variables: map[string]string{"HAND": "made"}},
		})
	must(t, err)
	must(t, r.deploy(t.Context(), echo(t)))
	conf := r.function(t, echoFunction).Configuration
	if *conf.Handler != "bootstrap" || len(conf.Environment.Variables) != 1 {
		t.Errorf("handler %s, environment %v; want bootstrap and one variable",
			*conf.Handler, conf.Environment.Variables)
	}
	if code, _ := r.updates(); code != 0 {
		t.Errorf("the code was sent %d times, and did not differ", code)
	}
	r.settled(t, echo(t))
}

func TestOnlyDifferencesAreSent(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	must(t, r.deploy(t.Context(), echo(t)))
	if code, configuration := r.updates(); code+configuration != 0 {
		t.Errorf("nothing differs, and there were %d uploads, %d configurations", code, configuration)
	}
	app := echo(t)
	app.Functions[0].Bundle = bundle(t, "two")
	must(t, r.deploy(t.Context(), app))
	if code, configuration := r.updates(); code != 1 || configuration != 0 {
		t.Errorf("new code: %d uploads, %d configurations", code, configuration)
	}
	app.Functions[0].MemorySize = 256
	must(t, r.deploy(t.Context(), app))
	if code, configuration := r.updates(); code != 1 || configuration != 1 {
		t.Errorf("more memory: %d uploads, %d configurations", code, configuration)
	}
	conf := r.function(t, echoFunction).Configuration
	if *conf.CodeSha256 != app.Functions[0].Bundle.SHA256 || *conf.MemorySize != 256 {
		t.Errorf("the function has code %s, memory %d", *conf.CodeSha256, *conf.MemorySize)
	}
	r.settled(t, app)
}

func TestFunctionSettingsCanBeRemoved(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	const name = "chat-dev-websocket_message"
	fn := r.function(t, name)
	if fn.Configuration.TracingConfig.Mode != types.TracingModeActive ||
		*fn.Concurrency.ReservedConcurrentExecutions != 5 || fn.Tags["team"] != "tea" {
		t.Errorf("the function is %v %v %v", fn.Configuration.TracingConfig, fn.Concurrency, fn.Tags)
	}
	app.Functions[1].XRay, app.Functions[1].ReservedConcurrency, app.Tags = false, new(-1), nil
	must(t, r.deploy(t.Context(), app))
	fn = r.function(t, name)
	if fn.Configuration.TracingConfig.Mode != types.TracingModePassThrough || fn.Concurrency != nil ||
		len(fn.Tags) != 1 {
		t.Errorf("the function is %v %v %v", fn.Configuration.TracingConfig, fn.Concurrency, fn.Tags)
	}
	r.settled(t, app)
}

func TestEndpointIsInTheEnvironment(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	got := r.function(t, "chat-dev-websocket_connect").Configuration.Environment.Variables
	want := "https://" + r.api(t) + ".execute-api.us-west-2.amazonaws.com/api"
	if got["TYG_ENDPOINT"] != want || got["TABLE"] != "chat-dev-rooms" {
		t.Errorf("the environment is %v, want TYG_ENDPOINT %s", got, want)
	}
}

// TestDeployWaitsForANewRole has AWS refuse the new role three times.
func TestDeployWaitsForANewRole(t *testing.T) {
	r := newRig(t)
	r.aws.Settle = 3
	must(t, r.deploy(t.Context(), echo(t)))
	said := slices.DeleteFunc(slices.Clone(r.printed), func(line string) bool {
		return !strings.HasPrefix(line, "Waiting")
	})
	if want := []string{"Waiting for IAM role echo-server-dev to be usable"}; !slices.Equal(said,
		want) {
		t.Errorf("it said %q, want %q", said, want)
	}
	r.settled(t, echo(t))
}

func TestDeployFailsIfARoleIsNeverUsable(t *testing.T) {
	r := newRig(t)
	r.aws.Settle = 1000
	err := r.deploy(t.Context(), echo(t))
	if _, ok := errors.AsType[*types.InvalidParameterValueException](err); !ok ||
		!strings.Contains(err.Error(), "cannot be assumed") || !strings.Contains(err.Error(), "2m0s") {
		t.Errorf("error is %v, want how long it has waited, and what AWS says", err)
	}
	r.aws.Settle = 0
	must(t, r.delete(t.Context(), echo(t)))
	r.empty(t)
}

// TestBusyFunctionIsUpdatedLater has a function that is still being made, and then changed, when
// the next deploy comes.
func TestBusyFunctionIsUpdatedLater(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	r.aws.Settle = 5
	_, err := r.lambda().UpdateFunctionConfiguration(t.Context(),
		&lambda.UpdateFunctionConfigurationInput{
			FunctionName: aws.String(echoFunction), Timeout: aws.Int32(3),
		})
	must(t, err)
	app := echo(t)
	app.Functions[0].Bundle = bundle(t, "two")
	must(t, r.deploy(t.Context(), app))
	if conf := r.function(t, echoFunction).Configuration; *conf.Timeout != 29 ||
		*conf.CodeSha256 != app.Functions[0].Bundle.SHA256 || conf.LastUpdateStatus != "Successful" {
		t.Errorf("the function has timeout %d, code %s, "+
			"%s", *conf.Timeout, *conf.CodeSha256, conf.LastUpdateStatus)
	}
	r.settled(t, app)
}

// TestLostAnswersAreRepeated loses the first answer to each call that changes a function; the SDK
// asks again.
func TestLostAnswersAreRepeated(t *testing.T) {
	app := everything(t)
	for _, operation := range []string{
		"CreateFunction", "PutFunctionConcurrency", "AddPermission", "CreateTable", "UpdateTimeToLive",
	} {
		t.Run(operation, func(t *testing.T) {
			r := newRig(t)
			r.aws.SetFault(func(_ int, _, called string) awstest.Fault {
				if called == operation {
					return awstest.LoseOnce
				}
				return awstest.None
			})
			must(t, r.deploy(t.Context(), app))
			if r.calls(operation) == 0 {
				t.Fatal("it was not called")
			}
			r.aws.SetFault(nil)
			r.settled(t, app)
			r.live(t, app)
		})
	}
}

func TestFunctionCreatedAfterThePlanIsAConflict(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	role := *r.function(t, echoFunction).Configuration.Role
	other := echo(t)
	other.Name = "other"
	plan, err := r.otherStage().plan(t, other)
	must(t, err)
	_, err = r.lambda().CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: aws.String("other-dev-websocket_message"), Role: &role, Handler: aws.String("x"),
		Runtime: "provided.al2023", Code: &types.FunctionCode{ZipFile: other.Functions[0].Bundle.Zip},
	})
	must(t, err)
	d, err := r.otherStage().deployer(t.Context())
	must(t, err)
	err = d.Apply(t.Context(), plan)
	if _, ok := errors.AsType[*types.ResourceConflictException](err); !ok {
		t.Errorf("error is %v, want that it exists", err)
	}
	must(t, r.otherStage().delete(t.Context(), other))
	r.function(t, "other-dev-websocket_message") // is still there
}

// otherStage is another state file in the same account.
func (r *rig) otherStage() *rig {
	other := *r
	other.file += ".other"
	return &other
}

func TestForeignPermissionsStay(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	name, id := aws.String(echoFunction), "tyg-"+r.api(t)
	add := func(id, source string) {
		t.Helper()
		_, err := r.lambda().AddPermission(t.Context(), &lambda.AddPermissionInput{
			FunctionName: name, StatementId: &id, Principal: aws.String("apigateway.amazonaws.com"),
			Action: aws.String("lambda:InvokeFunction"), SourceArn: &source,
		})
		must(t, err)
	}
	add("tyg-gone", "arn:aws:execute-api:us-west-2:123456789012:gone/*")
	add("theirs", "arn:aws:execute-api:us-west-2:123456789012:theirs/*")
	_, err := r.lambda().RemovePermission(t.Context(),
		&lambda.RemovePermissionInput{FunctionName: name, StatementId: &id})
	must(t, err)
	add(id, "arn:aws:execute-api:us-west-2:123456789012:*")
	must(t, r.deploy(t.Context(), echo(t)))
	out, err := r.lambda().GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: name})
	must(t, err)
	for text, want := range map[string]bool{
		`"tyg-gone"`: false, `"theirs"`: true, `"` + id + `"`: true,
		`"arn:aws:execute-api:us-west-2:123456789012:*"`:                  false,
		`"arn:aws:execute-api:us-west-2:123456789012:` + r.api(t) + `/*"`: true,
	} {
		if got := strings.Contains(*out.Policy, text); got != want {
			t.Errorf("%s in the policy: %v, want %v; %s", text, got, want, *out.Policy)
		}
	}
	r.settled(t, echo(t))
	r.live(t, echo(t))
}

func TestC31DeniedCallNamesActionAndResource(t *testing.T) {
	r := newRig(t)
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "CreateFunction" {
			return awstest.Deny
		}
		return awstest.None
	})
	err := r.deploy(t.Context(), echo(t))
	for _, want := range []string{
		"create lambda_function " + echoFunction +
			": ", "lambda:CreateFunction on arn:aws:lambda:us-west-2:",
		"is not allowed", "tyg gen-policy --deployer",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v\nwant %q in it", err, want)
		}
	}
}
