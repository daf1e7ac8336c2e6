// Package dynamotest gives tests a DynamoDB: the one of package dynamodb, in this process, or the
// one that the environment names.
package dynamotest
