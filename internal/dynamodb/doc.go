// Package dynamodb is a DynamoDB in memory, for programs under development. It has the items,
// queries, batches, transactions, expressions, indexes and streams of the real one, with its limits
// and its errors. A stream has one shard. It lacks backups, PartiQL and the parameters that
// expressions have replaced, and refuses them by name.
//
// All reads are consistent, also those of indexes. A time to live is noted and ends no item: the
// real one may take days. Nothing is kept when the process ends.
package dynamodb
