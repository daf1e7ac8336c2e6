// Package storage opens the [rooms.Store] that the environment names, so that the same source runs
// on a laptop, in a cluster and on AWS. It is made for main functions; libraries take a
// rooms.Store.
//
//	store, err := storage.Open(ctx)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// The first of these variables that is set decides. The memory of this process is always there; the
// others are compiled only with a build tag, so that a program without them builds in seconds:
//
//	variable       storage                                  build tag
//	TABLE          a DynamoDB table, see rooms/dynamo       tyg.dynamo or tyg.lambda
//	TYG_NATS_URL   a NATS server, see rooms/natskv          tyg.nats
//	neither        the memory of this process
//
// For example:
//
//	go build -tags tyg.nats .
//
// "tyg deploy" builds with tyg.lambda, and "tyg local" with the tag of the storage that it runs the
// program with. Where the environment names a storage that the program was built without, Open
// returns an error that names the tag.
//
// A DynamoDB table also needs, as in every AWS tool: AWS_REGION or AWS_DEFAULT_REGION,
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which AWS Lambda sets itself, and
// AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL for another engine, which on this machine needs
// neither region nor keys. Profiles and the metadata of machines and containers are not read: that
// would add a third to the size of a function. To use them, open the Store with package
// rooms/dynamo and the SDK's credentials.
//
// For NATS there are TYG_NATS_CREDENTIALS, a credentials file; TYG_NATS_BUCKET, the name of the
// program's package by default; and TYG_NATS_INSECURE=1, which permits NATS on another machine
// without TLS or credential.
package storage
