package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"

	"github.com/tyg-dev/tyg/gateway"
)

// sdk is the AWS SDK's own client, with nothing but another endpoint and a key.
func sdk(r *rig, secret string) *apigatewaymanagementapi.Client {
	return apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		BaseEndpoint:     aws.String("http://" + r.host() + "/api"),
		Region:           "eu-central-1",
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, nil
		}),
	})
}

func TestSDK(t *testing.T) {
	t.Parallel() // it mostly waits
	r, c, conn, l := open(t, &gateway.Server{Secrets: map[string]string{"AKIDEXAMPLE": "secret"}})
	client, id := sdk(r, "secret"), aws.String(string(conn.ID))
	post := func(text string) error {
		_, err := client.PostToConnection(t.Context(),
			&apigatewaymanagementapi.PostToConnectionInput{ConnectionId: id, Data: []byte(text)})
		return err
	}
	get := func() (*apigatewaymanagementapi.GetConnectionOutput, error) {
		return client.GetConnection(
			t.Context(), &apigatewaymanagementapi.GetConnectionInput{ConnectionId: id},
		)
	}

	if err := post("hello"); err != nil {
		t.Fatal(err)
	}
	c.expect(t, "hello")
	err := post(strings.Repeat("x", 128<<10+1))
	if _, ok := errors.AsType[*types.PayloadTooLargeException](err); !ok {
		t.Error("131,073 bytes: want a PayloadTooLargeException")
	}
	info, err := get()
	if err != nil {
		t.Fatal(err)
	}
	if info.ConnectedAt.IsZero() || info.LastActiveAt.IsZero() ||
		*info.Identity.SourceIp != "127.0.0.1" {
		t.Errorf("GetConnection returned %+v, %+v", info, info.Identity)
	}
	_, err = client.DeleteConnection(t.Context(),
		&apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: id})
	if err != nil {
		t.Fatal(err)
	}
	c.expectClose(t, 1000, "Connection Closed Normally")
	l.wantEnd(t, 1000, "Connection Closed Normally")
	if _, ok := errors.AsType[*types.GoneException](post("hello")); !ok {
		t.Error("post to a closed connection: want a GoneException")
	}
	if _, err := get(); !isGone(err) {
		t.Errorf("get of a closed connection: %v, want a GoneException", err)
	}
}

func isGone(err error) bool {
	_, ok := errors.AsType[*types.GoneException](err)
	return ok
}

func TestSDKWithAWrongSecret(t *testing.T) {
	r, _, conn, _ := open(t, &gateway.Server{Secrets: map[string]string{"AKIDEXAMPLE": "secret"}})
	_, err := sdk(
		r, "another",
	).PostToConnection(t.Context(), &apigatewaymanagementapi.PostToConnectionInput{
		ConnectionId: aws.String(string(conn.ID)), Data: []byte("hello"),
	})
	if err == nil || !strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("a wrong secret was answered with %v", err)
	}
}
