package connect

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/tyg-dev/tyg/internal/functions/outbound"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// useTLS is what to do about ws:// in the address of a port that speaks TLS.
const useTLS = "this port speaks TLS; use wss://"

// wantsTLS reports whether a server has answered that the client must speak TLS. Servers of Go and
// nginx say so in the body of a 400.
func wantsTLS(e *wsclient.RefusedError) bool {
	return e.Status == http.StatusBadRequest &&
		(bytes.Contains(e.Body, []byte("HTTP request to an HTTPS server")) ||
			bytes.Contains(e.Body, []byte("HTTP request was sent to HTTPS port")))
}

// isTLSAlert reports whether the answer to a handshake was an alert of TLS: a byte that says so,
// and the version (RFC 8446 section 5.1). Package net/http has no type for it.
func isTLSAlert(err error) bool {
	return strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}

// tlsHint returns what to do about an error of a client that has tried TLS.
func tlsHint(err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	_, isPlain := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isPlain:
		return "this port does not speak TLS; use ws://"
	case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET):
		return "the server ended the connection during the handshake of TLS; if it speaks none, use ws://"
	case errors.As(err, &authority) && isOfFunctions(authority.Cert):
		return "tyg local speaks TLS with its functions only; use ws://, or start it with --cert " +
			"and --key"
	case errors.As(err, &authority):
		return "trust more certificates with --ca FILE"
	case errors.As(err, &name):
		return "connect by a name that the certificate is for; --insecure takes any"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server needs a new certificate, unless the clock of this machine is wrong"
	case strings.Contains(err.Error(), "tls: server selected unsupported protocol version"):
		return noVersion
	}
	return alertHint(err)
}

const noVersion = "the server speaks neither TLS 1.2 nor TLS 1.3"

// isOfFunctions reports whether a certificate is that with which tyg local answers its functions.
func isOfFunctions(c *x509.Certificate) bool {
	return c != nil && c.Issuer.CommonName == outbound.AuthorityName
}

// alertHint returns what to do about an alert that the server has sent (RFC 8446 section 6.2).
// Package crypto/tls has texts for them, and no type.
func alertHint(err error) string {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return ""
	}
	switch strings.TrimPrefix(op.Err.Error(), "tls: ") {
	case "certificate required":
		return "the server requires a certificate of the client; give one with --cert and --key"
	case "bad certificate", "unknown certificate authority", "unknown certificate",
		"unsupported certificate", "revoked certificate", "expired certificate", "access denied":
		return "the server does not accept the certificate of the client; --cert and --key give another"
	case "handshake failure":
		return "the server finds nothing in common in TLS 1.2 or 1.3, or requires a certificate of " +
			"the client: --cert and --key"
	case "protocol version not supported":
		return noVersion
	case "unrecognized name":
		return "the server has no certificate for this name"
	}
	return ""
}
