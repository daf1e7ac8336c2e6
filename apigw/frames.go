package apigw

import "github.com/tyg-dev/tyg"

// The messages of API Gateway's error frames. Clients compare them, so they never change.
const (
	// InternalServerError: the handler failed, or its reply is malformed.
	// (https://github.com/middyjs/middy/issues/1219)
	InternalServerError = "Internal server error"

	// EndpointTimeout: the integration took longer than its timeout, 29 seconds at most.
	// (https://github.com/aws/chalice/issues/1406)
	EndpointTimeout = "Endpoint request timed out"

	// Forbidden: no route matches the message, and there is no $default route.
	// (https://github.com/aws-samples/simple-websockets-chat-app/issues/24)
	Forbidden = "Forbidden"

	// InvalidRequestBody: the message does not have the shape that its route demands.
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html)
	InvalidRequestBody = "Invalid request body"

	// TooManyRequests: the message was throttled. API Gateway's own text for this frame is not
	// known; this one is its text for a throttled handshake.
	// (https://github.com/hashicorp/terraform-provider-aws/issues/14742)
	TooManyRequests = "Too Many Requests"
)

// AppendErrorFrame appends the payload of the text frame with which API Gateway tells a client that
// its message was not handled, and returns the extended buffer. The connection stays open.
//
// The irregular spacing is API Gateway's: one space after the first colon, none after the others.
func AppendErrorFrame(dst []byte, message string, id tyg.ConnID, requestID string) []byte {
	dst = append(dst, `{"message": `...)
	dst = appendString(dst, message)
	dst = append(dst, `, "connectionId":`...)
	dst = appendString(dst, string(id))
	dst = append(dst, `, "requestId":`...)
	dst = appendString(dst, requestID)
	return append(dst, '}')
}
