package awstest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	gateway "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	table "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	function "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// must returns what a call of an SDK answers.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// lambdaFunction makes a function with AWS's own client, which waits until it is Active.
func lambdaFunction(t *testing.T, cfg aws.Config) *lambda.Client {
	t.Helper()
	ctx := t.Context()
	roles, functions := iam.NewFromConfig(cfg), lambda.NewFromConfig(cfg)
	must(roles.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("echo"), AssumeRolePolicyDocument: aws.String(lambdaTrust),
	}))(t)
	create := &lambda.CreateFunctionInput{
		FunctionName: aws.String("f"), Role: aws.String(roleARN), Handler: aws.String("bootstrap"),
		Runtime: function.RuntimeProvidedal2023, Code: &function.FunctionCode{
			ZipFile: archive(t, entry{"bootstrap", 0o755, "#!/bin/sh\n"}),
		},
	}
	_, err := functions.CreateFunction(ctx, create)
	wantCode(t, "create a function with a new role", err, "InvalidParameterValueException")
	must(functions.CreateFunction(ctx, create))(t)
	wait := lambda.NewFunctionActiveV2Waiter(functions,
		func(o *lambda.FunctionActiveV2WaiterOptions) {
			o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond
		})
	err = wait.Wait(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("f")}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return functions
}

func TestLambdaSDK(t *testing.T) {
	c, cfg := start(t)
	functions := lambdaFunction(t, cfg)
	ctx := t.Context()
	c.OnInvoke(func(_ awstest.Function, event []byte) ([]byte, string) { return event, "Unhandled" })
	out := must(functions.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String("f"), Payload: []byte(`{"a":1}`), LogType: function.LogTypeTail,
	}))(t)
	if string(out.Payload) != `{"a":1}` || aws.ToString(out.FunctionError) != "Unhandled" ||
		out.StatusCode != 200 || aws.ToString(out.LogResult) == "" {
		t.Errorf("invoke: %s %+v", out.Payload, out)
	}
	must(functions.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{
		FunctionName: aws.String("f"), ZipFile: archive(t, entry{"bootstrap", 0o755, ""}),
	}))(t)
	_, err := functions.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"),
	})
	if _, ok := errors.AsType[*function.ResourceConflictException](err); !ok {
		t.Errorf("update while updating: %v", err)
	}
	must(functions.TagResource(ctx, &lambda.TagResourceInput{
		Resource: aws.String(functionARN), Tags: map[string]string{"a": "b"},
	}))(t)
	got := must(functions.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String("f")}))(t)
	if got.Tags["a"] != "b" || got.Configuration.State != function.StateActive {
		t.Errorf("function %+v", got)
	}
	must(functions.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: aws.String("f")}))(t)
}

func TestAPIGatewaySDK(t *testing.T) {
	c, cfg := start(t)
	functions := lambdaFunction(t, cfg)
	ctx := t.Context()
	apis := apigatewayv2.NewFromConfig(cfg)
	api := must(apis.CreateApi(ctx, &apigatewayv2.CreateApiInput{
		Name: aws.String("echo"), ProtocolType: gateway.ProtocolTypeWebsocket,
		RouteSelectionExpression: aws.String("$request.body.action"),
	}))(t)
	if api.CreatedDate == nil || api.CreatedDate.Year() != 2026 {
		t.Errorf("created %v", api.CreatedDate)
	}
	integration := must(apis.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: api.ApiId, IntegrationType: gateway.IntegrationTypeAwsProxy,
		IntegrationUri: aws.String(functionURI), TimeoutInMillis: aws.Int32(5000),
	}))(t)
	route := &apigatewayv2.CreateRouteInput{
		ApiId: api.ApiId, RouteKey: aws.String("$default"),
		Target: aws.String("integrations/" + *integration.IntegrationId),
	}
	must(apis.CreateRoute(ctx, route))(t)
	_, err := apis.CreateRoute(ctx, route)
	if _, ok := errors.AsType[*gateway.ConflictException](err); !ok {
		t.Errorf("create a route twice: %v", err)
	}
	deployment := must(apis.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{
		ApiId: api.ApiId,
	}))(t)
	must(apis.CreateStage(ctx, &apigatewayv2.CreateStageInput{
		ApiId: api.ApiId, StageName: aws.String("dev"), DeploymentId: deployment.DeploymentId,
		DefaultRouteSettings: &gateway.RouteSettings{ThrottlingRateLimit: aws.Float64(0.5)},
	}))(t)
	must(functions.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: aws.String("f"), StatementId: aws.String("s"),
		Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"),
		SourceArn: aws.String("arn:aws:execute-api:us-west-2:123456789012:" + *api.ApiId + "/*"),
	}))(t)
	live, err := c.Live(*api.ApiId, "dev")
	if err != nil || live.Routes["$default"].Timeout != 5*time.Second || *live.RateLimit != 0.5 {
		t.Errorf("live %+v, %v", live, err)
	}
	arn := aws.String("arn:aws:apigateway:us-west-2::/apis/" + *api.ApiId + "/stages/dev")
	must(apis.TagResource(ctx, &apigatewayv2.TagResourceInput{
		ResourceArn: arn, Tags: map[string]string{"a": "b"},
	}))(t)
	must(apis.UntagResource(ctx, &apigatewayv2.UntagResourceInput{
		ResourceArn: arn, TagKeys: []string{"x", "y z"},
	}))(t)
	tags := must(apis.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: arn}))(t)
	if len(tags.Tags) != 1 {
		t.Errorf("tags %v", tags.Tags)
	}
	must(apis.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: api.ApiId}))(t)
}

func TestDynamoDBSDK(t *testing.T) {
	c, cfg := start(t)
	ctx := t.Context()
	tables := dynamodb.NewFromConfig(cfg)
	pk, sk := aws.String("PK"), aws.String("SK")
	name := aws.String("chat")
	must(tables.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: table.BillingModePayPerRequest,
		AttributeDefinitions: []table.AttributeDefinition{
			{AttributeName: pk, AttributeType: table.ScalarAttributeTypeS},
			{AttributeName: sk, AttributeType: table.ScalarAttributeTypeS},
		},
		KeySchema: []table.KeySchemaElement{
			{AttributeName: pk, KeyType: table.KeyTypeHash},
			{AttributeName: sk, KeyType: table.KeyTypeRange},
		},
	}))(t)
	wait := dynamodb.NewTableExistsWaiter(tables, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond
	})
	describe := &dynamodb.DescribeTableInput{TableName: name}
	if err := wait.Wait(ctx, describe, time.Minute); err != nil {
		t.Fatal(err)
	}
	key := map[string]table.AttributeValue{
		"PK": &table.AttributeValueMemberS{Value: "a"}, "SK": &table.AttributeValueMemberS{Value: "b"},
	}
	must(tables.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: key}))(t)
	got := must(tables.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]table.KeysAndAttributes{"chat": {
			Keys: []map[string]table.AttributeValue{key},
		}},
	}))(t)
	if len(got.Responses["chat"]) != 1 {
		t.Errorf("items %v", got.Responses)
	}
	must(tables.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name}))(t)
	_, err := tables.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	if _, ok := errors.AsType[*table.ResourceInUseException](err); !ok {
		t.Errorf("delete a table twice: %v", err)
	}
	gone := dynamodb.NewTableNotExistsWaiter(tables, func(o *dynamodb.TableNotExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, time.Millisecond
	})
	if err := gone.Wait(ctx, describe, time.Minute); err != nil {
		t.Error(err)
	}
	if left := c.Resources(); len(left) > 0 {
		t.Errorf("there is %q", left)
	}
}
