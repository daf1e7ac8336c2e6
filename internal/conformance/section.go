package conformance

import "strings"

// guide is the address of the developer guide of API Gateway.
const guide = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"

// A Section names the documentation of the behaviour that some cases check.
type Section struct {
	Key    string // as in [Case.Section]
	Title  string
	Source string // the most important source, a URL
}

// Sections returns all sections, in the order in which reports list them.
func Sections() []Section {
	return []Section{
		{"1.1", "Address", guide + "apigateway-set-up-websocket-deployment.html"},
		{"1.2", "Before the 101", guide + "apigateway-websocket-api-route-keys-connect-disconnect.html"},
		{"1.3", "Result of $connect", "https://github.com/dherault/serverless-offline/pull/1301"},
		{"1.4", "Subprotocols", guide + "websocket-connect-route-subprotocol.html"},
		{"1.5", "Extensions", "https://github.com/python-websockets/websockets/issues/1065"},
		{"1.7", "Authorizers", guide + "apigateway-websocket-api-lambda-auth.html"},
		{"1.8", "Stage variables", guide + "websocket-api-stages.html"},
		{"2.1", "Shape of events", "https://github.com/aws/aws-lambda-go/tree/main/events/testdata"},
		{"2.2", "Request context", guide + "apigateway-websocket-api-mapping-template-reference.html"},
		{"2.3", "Ids", "https://github.com/aws-samples/simple-websockets-chat-app/issues/24"},
		{"3.1", "Route selection", guide + "apigateway-websocket-api-selection-expressions.html"},
		{"3.2", "Error frames", "https://github.com/aws-samples/simple-websockets-chat-app/issues/24"},
		{"4", "Route responses", guide + "apigateway-websocket-api-route-response.html"},
		{"5", "@connections", guide + "apigateway-how-to-call-websocket-api-connections.html"},
		{"6.1", "Quotas", guide + "apigateway-execution-service-websocket-limits-table.html"},
		{"6.2", "Close codes", guide + "apigateway-websocket-api-overview.html"},
		{"6.3", "Frames", guide + "websocket-api-develop-binary-media-types.html"},
		{"tyg", "Not at API Gateway", guide + "apigateway-websocket-api-overview.html"},
		{"7", "Order", "https://repost.aws/questions/QUo2AXrcKYT0arTRwBNjzMdA"},
		{"RFC 6455 4", "Opening handshake", rfc6455 + "#section-4"},
		{"RFC 6455 5.2", "Framing", rfc6455 + "#section-5.2"},
		{"RFC 6455 5.4", "Fragmentation", rfc6455 + "#section-5.4"},
		{"RFC 6455 5.5", "Control frames", rfc6455 + "#section-5.5"},
		{"RFC 6455 7.4", "Status codes", rfc6455 + "#section-7.4"},
		{"RFC 6455 8.1", "UTF-8", rfc6455 + "#section-8.1"},
		{"RFC 7692 7", "Compression", "https://www.rfc-editor.org/rfc/rfc7692#section-7"},
	}
}

const rfc6455 = "https://www.rfc-editor.org/rfc/rfc6455"

// source returns the section of a case in words.
func source(c Case) string {
	if strings.HasPrefix(c.Section, "RFC") {
		return c.Section
	}
	return "section " + c.Section
}
