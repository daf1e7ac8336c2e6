// Package probelib is an application that reports what it receives and does what messages ask for,
// so that package conformance can check its host. It has no state, because a Lambda function would
// lose it: the id of the connection to notify when another one ends is in the other one's
// authorizer context.
//
// It sends any data to any connection that a client names. Do not run it on a public network.
//
// # Connecting
//
// The query of the handshake says what to do. It must have "probe", the identity source of the
// authorizer.
//
//	auth=deny|unauthorized|error|panic|anonymous|object|large   the authorizer's answer
//	context=1           the authorizer's context has text, number and flag
//	notify=ID           send a [Note] to the connection ID now, and another at the end
//	connect=reject:403:some words    refuse with that status and text
//	connect=status:201  return that status
//	connect=error|panic
//	connect=sleep:1s    wait
//	connect=send-self   send to this connection; the result is in the Note
//	connect=accept:NAME select a subprotocol
//
// Several values of connect are done in order.
//
// # Messages
//
// Messages are JSON objects with an "action". A [Note] answers, unless said otherwise.
//
//	report              nothing else
//	quiet               no Note
//	fail, panic, reject fail as the name says; no Note
//	sleep               wait for the time in "for", such as "1.5s"
//	send                send "data" to the connection "to"
//	close, info         close the connection "to", or call Info for it
//	say                 send "data", or "size" bytes, to this connection; no Note
//	answer              the route answers with "data"; with "fail" true it fails
//
// Any of them may have "tell", the id of a connection that gets the Note of the event
// beforehand, and "status", the status that is returned. Everything else takes the route
// $default, which reports.
package probelib
