// Package ws speaks RFC 6455 and RFC 7692, and nothing else.
//
// The server side owns no socket. [ParseUpgrade] judges a handshake and [Upgrade.AppendResponse]
// answers it; [Reader.Next] takes messages from the front of bytes that the caller has read; the
// Append functions put frames behind bytes that the caller will write. How bytes are read, when
// they are written and how long anybody waits is the caller's business.
//
// Whatever is wrong with a peer is a [*CloseError]: the code and the reason to close it with.
//
// [Client] is the one part that owns a socket, for tools and tests.
package ws
