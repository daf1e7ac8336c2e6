// Package deploy deploys an application to AWS, and deletes it: an API Gateway WebSocket API, a
// Lambda function for each handler, their roles and log groups, and the DynamoDB tables that it
// declares.
//
//	cloud, err := deploy.Open(ctx, awsConfig, printLine)
//	d := &deploy.Deployer{Cloud: cloud, Store: deploy.FileStore{Name: file}, Progress: printLine}
//	release, err := d.Lock(ctx)                     // keeps other deploys away
//	plan, err := d.Plan(ctx, app)                   // changes nothing
//	err = d.Apply(ctx, plan)                        // carries the plan out
//	deletion, err := d.PlanDeletion(ctx, app, false)
//	state, err := d.Delete(ctx, deletion)           // deletes all but the tables
//
// An [Application] is what should be on AWS. What is there is found by asking AWS. A [Plan] is a
// function of both and of the state file: a list of [Step] values, each of which creates, updates
// or deletes one resource. A plan without steps means that nothing differs.
//
// # Failure
//
// Before a step creates a resource, its name is in the state file; after it, its ids are, too. So
// the next deploy continues one that has failed, was killed or lost the answer to a call, and
// [Deployer.Delete] finds all resources with the state alone: it needs no source that compiles.
// Resources that do not exist any more count as deleted.
//
// Without the state, as in a fresh checkout, resources are found by name and tag: the names of
// functions and roles are a closed set ([spec.Application.LogicalNames]).
//
// All resources of the application have the tag "tyg", with the application's name and stage. A
// role, function or API of its name that has another tag, and is not in the state file, belongs to
// another application: the plan fails. Tables and custom domain names are the exceptions. An
// existing table with the right name and keys is used, and so is an existing domain name; neither
// is changed then, nor deleted.
//
// # Order
//
// The API is created first, empty, because policies and environments contain its id: no policy
// allows more than it must. Routes go live only by a deployment of the API, a snapshot. Each
// deployment has the hash of what it publishes, so that a plan knows whether the live routes are
// the right ones, even if the run that changed them has died. Clients stay connected meanwhile.
// Functions that no route needs any more are deleted after the new routes are live.
//
// # Releases
//
// Code and configuration of a function change in two calls. So events do not reach the function
// itself, but by an alias a version, a copy that never changes. A deploy changes all functions,
// then publishes a version of each, and then moves the aliases, one right after the other. Such a
// set of versions is a release: their descriptions have its number. [Deployer.PlanRollback] goes
// back to an older one, and [Deployer.PlanPromotion] ends a canary.
//
// # Reading the source
//
// deploy.go is the way through: Plan finds and plans, Apply carries out; plan.go and delete.go go
// over the table in kinds.go, and release.go moves aliases. Below it are
//
//   - spec: what an application is, and what it is called on AWS;
//   - plan: steps, and how they are collected, carried out and written down;
//   - store: where the state is kept, and locked;
//   - table, role, logs, function, api: what is found of each kind of resource, which steps it
//     needs, and how they are done. Each is the only one that calls its service;
//   - awserr: what errors of AWS mean;
//   - template: the same application for CloudFormation and Terraform.
package deploy
