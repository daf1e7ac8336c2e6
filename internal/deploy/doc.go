// Package deploy puts an application on AWS, and takes it away: an API Gateway WebSocket API, a Lambda
// function for each handler, their roles and log groups, and the DynamoDB tables that it declares.
//
//	cloud, err := deploy.Open(ctx, awsConfig)
//	d := &deploy.Deployer{Cloud: cloud, StateFile: ".tyg/deployed/dev.json", Progress: printLine}
//	plan, err := d.Plan(ctx, app)   // reads, and changes nothing
//	err = d.Apply(ctx, plan)        // makes it so
//	err = d.Delete(ctx, false)      // takes all away but the tables
//
// An [Application] is what should be there; what is there is found by asking AWS; and a [Plan] is a pure
// function of both and of the state file: a list of [Step] values, each of which creates, changes or
// deletes one thing. A plan without steps means that all is as it should be.
//
// # Failure
//
// Before a step creates something, its name is in the state file; after it, its ids are, too. So a
// deploy that fails, is killed or loses the answer to a call is repaired by the next one, which goes on
// where that ended, and [Deployer.Delete] finds all that there may be, with the state file alone: it
// needs no source that compiles. What is gone already counts as deleted.
//
// Whatever belongs to the application carries the tag "tyg", with the application's name and stage. A
// role, function or API of its name that does not, and is not in the state file, is somebody else's: the
// plan fails and says so. Tables and custom domain names are the exceptions. A table of the right name and
// keys is used, whoever has made it, and so is a domain name; neither is changed then, nor ever deleted.
//
// # Order
//
// The API is made first, empty, because policies and environments name its id: no policy says more than
// it must. Routes go live only by a deployment of the API, a snapshot. Each deployment carries the hash
// of what it publishes, so that a plan knows whether the live routes are the right ones, whatever became
// of the run that changed them. Clients stay connected meanwhile. Functions that no route needs any more
// are deleted after the new routes are live.
//
// # Reading the source
//
// deploy.go is the way through: Plan finds and plans, Apply carries out; plan.go and delete.go go over the
// table in kinds.go. Below it are
//
//   - spec: what an application is, and what it is called on AWS;
//   - plan: steps, and how they are collected, carried out and written down;
//   - table, role, logs, function, api: what is found of each kind of resource, which steps it needs, and how
//     they are done. Each is the only one that calls its service;
//   - awserr: what errors of AWS mean;
//   - template: the same application for CloudFormation and Terraform.
package deploy
