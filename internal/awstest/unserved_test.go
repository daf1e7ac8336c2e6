package awstest_test

import (
	"strings"
	"testing"
)

// What AWS serves and the stand-in does not is refused with an error that AWS does not have.
func TestUnservedFeaturesAreRefused(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	api := a.api()
	a.table()
	a.Settle = 0
	code := func(c in) in { return with(newFunction(t, "g"), in{"Code": c}) }
	set := func(name string, value any) in {
		return in{"FunctionName": "f", name: value}
	}
	permission := in{
		"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
		"Principal": "s3.amazonaws.com", "EventSourceToken": "t",
	}
	integration := with(of(api), in{
		"IntegrationType": "AWS_PROXY", "IntegrationUri": functionURI,
	})
	certificate := []any{in{"CertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/1"}}
	domain := in{"DomainName": "ws.example.com", "DomainNameConfigurations": certificate}
	replica := in{"ResourcePolicy": "{}"}
	class := in{"TableClass": "STANDARD_INFREQUENT_ACCESS"}
	for _, row := range []struct {
		operation string
		input     in
	}{
		{"lambda CreateFunction", with(newFunction(t, "g"), in{"Publish": true})},
		{"lambda CreateFunction", with(newFunction(t, "g"), in{"PackageType": "Image"})},
		{"lambda CreateFunction", code(in{"ImageUri": "image"})},
		{"lambda UpdateFunctionCode", set("Publish", true)},
		{"lambda UpdateFunctionCode", set("ImageUri", "image")},
		{"lambda UpdateFunctionConfiguration", set("SnapStart", in{"ApplyOn": "PublishedVersions"})},
		{"lambda AddPermission", permission},
		{"apigatewayv2 CreateApi", in{"Name": "n", "ProtocolType": "HTTP"}},
		{"apigatewayv2 CreateIntegration", with(integration, in{"ConnectionType": "VPC_LINK"})},
		{"apigatewayv2 CreateIntegration", with(integration, in{"CredentialsArn": roleARN})},
		{"apigatewayv2 CreateStage", with(of(api), in{"StageName": "s", "ClientCertificateId": "c"})},
		{"apigatewayv2 CreateDomainName", with(domain, in{"RoutingMode": "ROUTING_RULE_ONLY"})},
		{"dynamodb CreateTable", with(chatTable(), with(replica, in{"TableName": "second"}))},
		{"dynamodb UpdateTable", with(class, in{"TableName": "chat"})},
	} {
		service, name, _ := strings.Cut(row.operation, " ")
		_, err := a.Operate(service, name, row.input)
		if err == nil || !strings.Contains(err.Error(), "NotServedByAWSTest") {
			t.Errorf("%s %v: error %v", row.operation, row.input, err)
		}
	}
}
