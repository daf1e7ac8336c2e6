// Package dynamotest is a DynamoDB in memory for tests: of the single-item operations, Query and
// BatchGetItem, as much as package dynamo uses of them, and of the rest nothing. It refuses what it
// does not know with a ValidationException, so that a test which passes here has asked for nothing
// that DynamoDB would have to be asked about. All reads are consistent.
package dynamotest
