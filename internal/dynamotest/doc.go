// Package dynamotest is a DynamoDB in memory for tests. It serves the parts of the single-item
// operations, Query and BatchGetItem that packages rooms/dynamo and internal/grouptable use, and
// refuses all else with a ValidationException. All reads are consistent.
package dynamotest
