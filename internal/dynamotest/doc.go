// Package dynamotest is a DynamoDB in memory for tests. It serves the parts of the single-item
// operations, Query and BatchGetItem that package rooms/dynamo uses, and refuses all else with a
// ValidationException. All reads are consistent.
package dynamotest
