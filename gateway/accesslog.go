package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/accesslog"
)

// DefaultAccessLogFormat is the Format of an [AccessLog] that names no other.
const DefaultAccessLogFormat = `{"requestId":"$context.requestId",` +
	`"ip":"$context.identity.sourceIp",` +
	`"requestTime":"$context.requestTime","eventType":"$context.eventType",` +
	`"routeKey":"$context.routeKey","status":"$context.status",` +
	`"connectionId":"$context.connectionId","latency":"$context.integrationLatency"}`

// An AccessLog writes one line for each event, and for each refused handshake.
type AccessLog struct {
	// Out gets the lines, each in one Write, one at a time.
	Out io.Writer

	// Format is text with API Gateway's variables, such as $context.connectionId, and must have
	// $context.requestId or $context.extendedRequestId among them. A variable without a value is
	// "-". Quotes, backslashes and control characters in values are escaped as in JSON, so that
	// clients cannot forge a line. Empty means DefaultAccessLogFormat.
	//
	// The variables are, after "$context.": requestId, extendedRequestId, requestTime,
	// requestTimeEpoch, routeKey, eventType, messageDirection, messageId, connectionId, connectedAt,
	// stage, apiId, domainName, identity.sourceIp, identity.userAgent, status, integrationLatency
	// (milliseconds), error.message, disconnectStatusCode, disconnectReason, and authorizer.NAME for
	// whatever the authorizer returned.
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html)
	Format string
}

func newAccessLog(l *AccessLog) (*accesslog.Log, error) {
	if l == nil {
		return nil, nil
	}
	log, err := accesslog.New(l.Out, cmp.Or(l.Format, DefaultAccessLogFormat))
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return log, nil
}

// logAccess writes the line of an event to the access log.
func (c *session) logAccess(e *tyg.Event, reply tyg.Reply, d time.Duration, err error) {
	if c.srv.access == nil {
		return
	}
	rej := connectRefusal(reply, err)
	switch {
	case rej == nil:
		rej = &refusal{status: cmp.Or(reply.Status, http.StatusOK)}
	case e.Type != tyg.EventConnect && err != nil && !errors.Is(err, errTimedOut):
		rej = &refusal{status: http.StatusBadGateway, message: apigw.InternalServerError}
	}
	c.srv.access.Write(&accesslog.Record{
		Event: *e, Status: rej.status, Latency: d, Error: rej.message,
	})
}
