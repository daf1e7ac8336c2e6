// Package handshake reads the request of a client that wants a WebSocket, and judges what needs no
// connection: its head, the Origin of a page, the address it comes from.
package handshake
