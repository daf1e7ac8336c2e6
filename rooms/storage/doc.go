// Package storage opens the [rooms.Store] that the environment names, so that a program runs
// unchanged on a laptop, in a cluster and on AWS. It is for main functions; libraries take a
// rooms.Store.
//
//	store, err := storage.Open(ctx)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// The first of these that is set decides:
//
//	TABLE            a DynamoDB table, see package rooms/dynamo
//	TYG_NATS_URL     a NATS server, see package rooms/natskv
//	neither          the memory of this process
//
// For a table there are further, as in every AWS tool: AWS_REGION or AWS_DEFAULT_REGION,
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which AWS Lambda sets itself, and
// AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL for another engine, which on this machine needs
// neither region nor keys. Profiles and the metadata of machines and containers are not read: that
// would add a third to the size of a function. Who has them opens the Store with package
// rooms/dynamo and the SDK's credentials.
//
// For NATS there are TYG_NATS_CREDENTIALS, a credentials file; TYG_NATS_BUCKET, the name of the
// program's package by default; and TYG_NATS_INSECURE=1, which permits NATS on another machine
// without TLS or credential.
//
// In a program that is built with the tag tyg.lambda, as for AWS Lambda, there is no NATS.
package storage
