package dynamo_test

import (
	"context"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/dynamo"
)

// Open connects to nothing yet; the first call does. Credentials are any provider of the AWS SDK.
func ExampleOpen() {
	var credentials aws.CredentialsProvider // of config.LoadDefaultConfig, for example
	store, err := dynamo.Open(dynamo.Config{
		Table: "Chat", Region: "eu-central-1", Credentials: credentials,
	})
	if err != nil {
		log.Fatal(err)
	}
	var members rooms.Store = store
	if _, err := members.Rename(context.Background(), "R1kmxc2VNjMCFIA=", "John"); err != nil {
		log.Fatal(err)
	}
}
