// Package ws speaks RFC 6455 and RFC 7692, and nothing else.
//
// It owns no socket. [ParseUpgrade] checks a handshake and [Upgrade.AppendResponse]
// answers it; [Reader.Next] takes messages from the front of bytes that the caller has read; the
// Append functions append frames to bytes that the caller will write. Reading, writing and timeouts
// are the caller's.
//
// A peer's violation of the protocol is a [*CloseError]: the code and the reason to close it with.
//
// The client's end of a WebSocket is package wsclient.
package ws
