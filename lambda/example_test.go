package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// A back-end service tells a client that its order is on the way.
func ExampleNewSender() {
	sender, err := lambda.NewSender(lambda.SenderConfig{
		Endpoint:    "https://abcd1234.execute-api.eu-central-1.amazonaws.com/prod",
		Credentials: lambda.Key{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = sender.Send(context.Background(), "", []byte("Your order is on the way."))
	fmt.Println(errors.Is(err, tyg.ErrInvalidID))
	// Output: true
}

// The providers of the AWS SDK find credentials in files, in the environment and on machines of
// AWS. One of them becomes a CredentialsProvider with a CredentialsFunc.
func ExampleCredentialsFunc() {
	cfg := aws.Config{ // or what config.LoadDefaultConfig returns
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
	keys := lambda.CredentialsFunc(func(ctx context.Context) (lambda.Key, error) {
		c, err := cfg.Credentials.Retrieve(ctx)
		return lambda.Key{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		}, err
	})
	_, err := lambda.NewSender(lambda.SenderConfig{
		Endpoint:    "https://abcd1234.execute-api.eu-central-1.amazonaws.com/prod",
		Credentials: keys,
	})
	key, _ := keys.Retrieve(context.Background())
	fmt.Println(key, err)
	// Output: AKIDEXAMPLE <nil>
}

// A main function that wants another setting than package host, which does the rest of this.
func ExampleRun() {
	app := tyg.New("echo-server")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Send(ctx, m.Data)
	})
	cfg, err := lambda.FromEnvironment(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	cfg.Parallel = 100
	log.Fatal(lambda.Run(app, cfg))
}

// A gateway elsewhere has a route that is a function on AWS.
func ExampleNewFunction() {
	_, err := lambda.NewFunction(lambda.FunctionConfig{ARN: "chat"})
	fmt.Println(err)
	// Output: function "chat": want arn:aws:lambda:REGION:ACCOUNT:function:NAME
}
