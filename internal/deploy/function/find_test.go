package function

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// lambdaSaying is a cloud in which Lambda always answers the same.
func lambdaSaying(t *testing.T, answer string) client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	return client{Client: lambda.New(lambda.Options{
		Region: "us-west-2", BaseEndpoint: &srv.URL, Credentials: aws.AnonymousCredentials{},
	})}
}

// TestHiddenTagsAndVariablesAreErrors is about answers that leave out what the caller may not see:
// it must not look like what is not there.
func TestHiddenTagsAndVariablesAreErrors(t *testing.T) {
	for answer, want := range map[string]string{
		`{"Configuration":{},"TagsError":{"ErrorCode":"AccessDenied","Message":"no"}}`: "lambda:ListTags",
		`{"Configuration":{"Environment":{"Error":{"ErrorCode":"KMSAccessDenied"}}}}`:  "KMSAccessDenied",
	} {
		_, err := lambdaSaying(t, answer).get(t.Context(), "x")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %s", answer, err, want)
		}
	}
}

func TestSettleReturnsTheReasonOfAFailure(t *testing.T) {
	for answer, want := range map[string]string{
		`{"Configuration":{"State":"Failed","StateReason":"full"}}`: "create function x: full",
		`{"Configuration":{"LastUpdateStatus":"Failed","LastUpdateStatusReason":"no"}}`: "" +
			"update function x: no",
	} {
		r := lambdaSaying(t, answer).run(&plan.Run{})
		_, err := r.settle(t.Context(), "x")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %s", answer, err, want)
		}
	}
}

func TestFoundFunctionHasAllComparedProperties(t *testing.T) {
	app, found := oneFunction()
	want := found.functions["echo-dev-websocket_message"]
	got := newFoundFunction(&types.FunctionConfiguration{
		FunctionArn: &want.arn, CodeSha256: &want.code, Handler: &want.handler, Role: &want.role,
		Runtime: want.runtime, Timeout: aws.Int32(29), MemorySize: aws.Int32(128),
		Architectures: []types.Architecture{want.architecture},
		Environment:   &types.EnvironmentResponse{Variables: want.environment},
		Layers:        []types.Layer{{Arn: aws.String("layer:1")}},
		VpcConfig: &types.VpcConfigResponse{
			SubnetIds: want.subnets, SecurityGroupIds: want.securityGroups,
		},
		TracingConfig: &types.TracingConfigResponse{Mode: want.tracing},
		State:         want.state, LastUpdateStatus: want.lastUpdate,
	})
	b := found.planner(app, plan.State{})
	if diff := b.configurationDiff(app.Functions[0], got); len(diff) > 0 || got.code != want.code ||
		got.architecture != want.architecture || !got.settled() {
		t.Errorf("found %+v, which differs in %v", got, diff)
	}
}

// TestConfigurationSendsEmptyLists wants lists that are there and empty: AWS leaves what is not
// there as it is.
func TestConfigurationSendsEmptyLists(t *testing.T) {
	app, found := oneFunction()
	r := run{Run: &plan.Run{App: app, Account: found.account, IDs: found.ids}}
	full := r.configuration(app.Functions[0], foundFunction{})
	if !slices.Equal(full.VpcConfig.SubnetIds, []string{"subnet-1", "subnet-2"}) ||
		!slices.Equal(full.Layers, []string{"layer:1"}) ||
		*full.Role != "arn:aws:iam::123456789012:role/echo-dev" {
		t.Errorf("VPC %v, layers %v, role %s", full.VpcConfig, full.Layers, *full.Role)
	}
	fn := app.Functions[0]
	fn.Layers, fn.SubnetIDs, fn.SecurityGroupIDs, fn.XRay = nil, nil, nil, false
	fn.Role = spec.Role{ARN: "arn:aws:iam::123456789012:role/theirs"}
	none := r.configuration(fn, foundFunction{})
	if none.Layers == nil || none.VpcConfig.SubnetIds == nil ||
		none.VpcConfig.SecurityGroupIds == nil ||
		none.TracingConfig.Mode != types.TracingModePassThrough || *none.Role != fn.Role.ARN {
		t.Errorf("VPC %v, layers %v, tracing %v, role %s",
			none.VpcConfig, none.Layers, none.TracingConfig, *none.Role)
	}
}
