// Package hostapi is what a gateway and the functions behind it say to each other beyond API
// Gateway: an HTTP API beside @connections for groups, values and the state of connections, and the
// payload by which a function is told that a connection has left a group. A function on AWS gets
// neither.
//
//	POST   /{stage}/@groups?name=NAME            send the body to a group
//	GET    /{stage}/@groups?name=NAME            its members, by pages, and their number
//	PUT    /{stage}/@groups?name=NAME&conn=ID    add a member; the body is its info
//	DELETE /{stage}/@groups?name=NAME&conn=ID    remove a member
//	POST   /{stage}/@everyone                    send the body to all connections
//	GET    /{stage}/@everyone                    all connections, as members
//	GET    /{stage}/@values?name=NAME            a value and, as ETag, its revision
//	PUT    /{stage}/@values?name=NAME            set it; If-Match compares the revision
//	DELETE /{stage}/@values?name=NAME            remove it
//	GET, PUT, DELETE /{stage}/@state?conn=ID     the same for the state of a connection
//
// Names are in the query and not in the path: they may be "..", "/" or "%2F", which HTTP clients
// and proxies change in paths.
package hostapi
