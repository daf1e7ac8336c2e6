// Package inspect shows what a gateway does while it does it: a web page with the connections, a
// timeline in which each message is one line with its route, its handler, what it sent and who got
// it, and charts; and recordings of all that, for package recording.
//
// An [Inspector] is told of everything by the gateway only while a page is open or a recording
// runs. The goroutines that handle messages copy what happens into a batch (tap.go). Another one
// takes the batch every 50 ms, joins what belongs together (join.go), and keeps the last lines,
// bounded in number and bytes. Pages get what has changed as server-sent events (stream.go).
//
// Who may see it: the page itself has no secrets, and every call of its API needs the token of the
// Inspector in the header Authorization, which no other web page can send. See
// [Inspector.ServeHTTP].
package inspect
