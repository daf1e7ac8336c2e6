// Package grouptable keeps groups, states and values of an application in a DynamoDB table: it is
// the lambda.GroupTable of applications on AWS. It has a client of its own, because every program
// on Lambda contains it: the client of the AWS SDK would add 5 MB to a program that may not even
// use groups. The table has the string keys PK and SK.
//
// # Items
//
//	PK                     SK              what
//	conn#<id>              conn            a connection: whether it is over, its state
//	conn#<id>              group#<group>   a group that the connection may be a member of
//	group#<part>#<group>   <id>            a member
//	value#<name>           value           a value of the application
//
// The item of a member decides whether a connection is a member: it is made and deleted by
// conditional writes, so one caller has added or removed it. The items group#<group> of
// a connection are a hint for its end. They are written before the member and deleted by the time
// to live only, so a member always has one.
//
// When a connection ends, Leave first marks its item and then reads its groups. Add first writes
// the hint and the member and then reads the mark. Whichever comes first, one of them sees the
// other: a connection that is over stays in no group. No transactions are needed.
//
// # Parts
//
// A partition of DynamoDB takes 1,000 writes and 3,000 reads of 4 KB in a second. The members of a
// group are spread over 4 partitions by a hash of their ids, so one group takes 4,000 joins and
// leaves in a second; an account can open 500 connections in a second unless AWS has raised that. A
// send to a group reads all parts at once.
//
// # Requests
//
// In read and write requests, all reads consistent. A read of up to 4 KB is one unit, a write of up
// to 1 KB is one.
//
//	                                  reads  writes
//	Register, at each connect             0       2   only if the program uses App.Everyone
//	Add, first group of a connection      1       3
//	Add, another group                    1       2
//	Add, of a member                      1       1
//	Add, of a member, with info           1       2
//	Remove                                0       1
//	Members, Count, for each 1 MB         4       0   at least one for each part
//	Leave, at each disconnect             1       1   and a Remove for each group
//	Forget, if there was a state          0       1
//	StoreState, StoreValue                0       1
//	Conn, LoadValue                       1       0
//
// A page of 1 MB has some 7,000 members without info.
//
// # Failure
//
// A request that DynamoDB throttles is retried with exponential backoff until the context ends or
// it has been tried 12 times. A request that is not answered is tried 5 times. A write carries
// a random text, by which the retry of a write whose answer was lost finds that it was made. Only
// a Remove does not: if an answer is lost and the retry finds no member, Remove returns an error,
// because it is unknown which caller has removed it.
package grouptable
