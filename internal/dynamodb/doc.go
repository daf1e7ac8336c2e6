// Package dynamodb is a DynamoDB in memory, for programs under development. It has the items,
// queries, batches, transactions, expressions and indexes of the real one, with its limits and its
// errors. It lacks streams, backups, PartiQL and the parameters that expressions have replaced, and
// refuses them by name.
//
// All reads are consistent, also those of indexes. A time to live is noted and ends no item: the
// real one may take days. Nothing is kept when the process ends.
package dynamodb
