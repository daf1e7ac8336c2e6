package connect

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/tyg-dev/tyg/internal/visible"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// statusMeaning explains an HTTP status in answer to a handshake.
func statusMeaning(status int) string {
	switch status {
	case http.StatusOK:
		return "this is a web page, not a WebSocket"
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return "it has moved; --location follows it"
	case http.StatusBadRequest:
		return "the server does not understand the handshake"
	case http.StatusUnauthorized:
		return "it requires credentials; send them with --header"
	case http.StatusForbidden:
		return "access denied; check the path, --origin and credentials"
	case http.StatusNotFound:
		return "nothing is at this path"
	case http.StatusGone:
		return "the API was deleted"
	case http.StatusUpgradeRequired:
		return "the server requires another protocol"
	case http.StatusTooManyRequests:
		return "too many connections; try again later"
	case http.StatusInternalServerError, http.StatusBadGateway:
		return "the connect handler failed; look at the log of the application"
	case http.StatusServiceUnavailable:
		return "the server is starting, stopping or full; try again later"
	case http.StatusGatewayTimeout:
		return "the connect handler did not answer in time"
	}
	return ""
}

// rootCause removes the address from an error, because the caller prints the URL.
func rootCause(err error) error {
	if proxy, ok := errors.AsType[*proxyError](err); ok {
		return proxy // with its address
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// hint returns what to do about an error, in brackets. secure says that TLS was tried.
func hint(err error, secure bool) string {
	var dns *net.DNSError
	proxy, _ := errors.AsType[*proxyError](err)
	switch {
	case proxy != nil:
		return " (--proxy, HTTPS_PROXY or HTTP_PROXY names it; NO_PROXY lists hosts to reach without it)"
	case errors.Is(err, syscall.ECONNREFUSED):
		return " (no server is listening; tyg local starts a project)"
	case errors.As(err, &dns) && dns.IsNotFound:
		return " (check the spelling of the name)"
	case secure:
		return brackets(tlsHint(err))
	case isTLSAlert(err):
		return brackets(useTLS)
	case isReset(err):
		return " (the server ended the connection without an answer; if it speaks TLS, use wss://)"
	}
	return ""
}

// explainDial returns an error that explains why there is no connection.
func explainDial(target string, err error) error {
	var refused *wsclient.RefusedError
	if !errors.As(err, &refused) {
		err := fmt.Errorf("cannot connect to %s: %w%s", target, rootCause(err),
			hint(err, strings.HasPrefix(target, "wss:")))
		if _, ok := errors.AsType[net.Error](err); ok || isReset(err) {
			return &lostError{err}
		}
		return err
	}
	text := fmt.Sprintf("cannot connect to %s: %d %s", target,
		refused.Status, http.StatusText(refused.Status))
	meaning := statusMeaning(refused.Status)
	if wantsTLS(refused) {
		meaning = useTLS
	}
	if meaning != "" {
		text += ": " + meaning
	}
	if to := refused.Header.Get("Location"); to != "" {
		text += "\nLocation: " + visible.Line(to)
	}
	if len(refused.Body) > 0 {
		text += "\n" + visible.Block(string(refused.Body), "")
	}
	if s := refused.Status; s == http.StatusTooManyRequests || s >= http.StatusInternalServerError {
		return &lostError{errors.New(text)}
	}
	return errors.New(text)
}

// isReset reports whether a connection ended, or was refused, before there was an answer.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
