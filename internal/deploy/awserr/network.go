package awserr

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// A ProxyError is the answer of a proxy that does not connect to AWS.
type ProxyError struct{ Proxy, Status string }

func (e *ProxyError) Error() string { return "proxy " + e.Proxy + " answers " + e.Status }

// isUnreachable reports that there is no connection to a server: its name is unknown, nothing
// listens, nothing answers.
func isUnreachable(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && (e.Op == "dial" || e.Op == "proxyconnect") || isSilent(err)
}

// isSilent reports a server that accepts a connection and does not answer. The error of net/http
// has no type.
func isSilent(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() && strings.Contains(err.Error(), "awaiting response headers")
}

// isStranger reports that something else than AWS answers: the log-in page of a network, or a
// proxy. It does so until a person has logged in.
func isStranger(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*ProxyError](err); ok {
		return true
	}
	return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") ||
		page(err) != nil
}

// page returns the answer if it is a web page. No service of AWS that tyg calls answers with one.
func page(err error) *http.Response {
	e, ok := errors.AsType[*awshttp.ResponseError](err)
	if ok && e.Response != nil && e.Response.Response != nil &&
		strings.HasPrefix(e.Response.Header.Get("Content-Type"), "text/html") {
		return e.Response.Response
	}
	return nil
}

// stranger explains that something else than AWS answers.
func stranger(err error) string {
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Sprintf("the certificate of the server is not trusted: does a proxy replace it, or "+
			"must you log in to this network in a browser? AWS_CA_BUNDLE names a file with more "+
			"certificates (%v)", cert.Err)
	}
	if proxy, ok := errors.AsType[*ProxyError](err); ok {
		return fmt.Sprintf("%v: does HTTPS_PROXY name the right proxy, with the user and password that "+
			"it wants?", proxy)
	}
	if p := page(err); p != nil {
		return fmt.Sprintf("a web page answers in place of AWS, with status %d: must you log in to this "+
			"network in a browser, or does a proxy refuse AWS?", p.StatusCode)
	}
	if isStranger(err) {
		return "the server does not speak TLS: must you log in to this network in a browser, and are " +
			"--endpoint-url and AWS_ENDPOINT_URL right? (" + brief(err) + ")"
	}
	return ""
}
