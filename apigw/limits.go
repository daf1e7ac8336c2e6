package apigw

import "time"

// API Gateway's quotas for WebSocket APIs. None of them can be increased.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const (
	// MaxFrame is the longest payload of one WebSocket frame, in bytes.
	MaxFrame = 32 << 10

	// MaxMessage is the longest message in either direction, in bytes.
	MaxMessage = 128 << 10

	// MaxURL is the longest URL of a handshake, in characters.
	MaxURL = 4096

	// MaxAuthorizerResult is the largest result of a Lambda authorizer, in bytes of JSON.
	MaxAuthorizerResult = 8 << 10

	// IdleTimeout is how long a connection may be without a message in either direction.
	IdleTimeout = 10 * time.Minute

	// MaxConnectionDuration is how long a connection may last.
	MaxConnectionDuration = 2 * time.Hour

	// IntegrationTimeout is how long API Gateway waits for a function. It is the default and the
	// longest that can be set.
	IntegrationTimeout = 29 * time.Second
)
