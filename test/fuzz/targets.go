package main

// A target is a fuzz target.
type target struct {
	folder, name string
	reads        exposure
}

// An exposure says whose bytes a parser reads.
type exposure int

const (
	strangers exposure = iota // of any client, before it has shown who it is
	clients                   // of clients that are connected, of functions, and of other nodes
	owners                    // of the developer: files, arguments, answers of services
)

// String returns the exposure as the table has it.
func (e exposure) String() string {
	return [...]string{"strangers", "clients, functions, nodes", "the developer"}[e]
}

// targets are all of them, in the order in which they are tried.
var targets = []target{
	{"gateway", "FuzzHead", strangers},
	{"internal/ws", "FuzzReader", strangers},
	{"internal/ws", "FuzzParseUpgrade", strangers},
	{"internal/ws", "FuzzNegotiate", strangers},
	{"internal/ws", "FuzzParseHeader", strangers},
	{"internal/sigv4", "FuzzVerify", strangers},
	{"jwtauth", "FuzzAuthorize", strangers},
	{"gateway/internal/handshake", "FuzzParseQuery", strangers},
	{"apigw", "FuzzSplitConnectionsPath", strangers},
	{"internal/hostapi", "FuzzMessage", strangers},
	{"internal/hostapi", "FuzzQuery", strangers},
	{"internal/connid", "FuzzParse", strangers},
	{"internal/functions/invokeapi", "FuzzInvokePath", strangers},
	{"internal/functions/invokeapi", "FuzzReference", strangers},
	{"internal/pages", "FuzzRead", strangers},

	{"internal/ws", "FuzzValidText", clients},
	{"internal/ws", "FuzzParseClose", clients},
	{"internal/route", "FuzzSelect", clients},
	{"internal/route", "FuzzSelectSlow", clients},
	{"cluster", "FuzzWire", clients},
	{"internal/dynamodb", "FuzzExpressions", clients},
	{"internal/dynamodb", "FuzzNumber", clients},
	{"internal/functions/runtimeapi", "FuzzRuntimePath", clients},
	{"internal/functions/runtimeapi", "FuzzRequest", clients},
	{"internal/functions/runtimeapi", "FuzzFailure", clients},
	{"apigw", "FuzzUnmarshalEvent", clients},
	{"apigw", "FuzzUnmarshalReply", clients},
	{"apigw", "FuzzParseAuthorizerResult", clients},
	{"lambda", "FuzzInvoke", clients},
	{"examples/chat/chatlib", "FuzzCommand", clients},
	{"examples/chat/chatlib", "FuzzNames", clients},
	{"rooms", "FuzzFold", clients},
	{"internal/inspect/recording", "FuzzMessage", clients},
	{"cmd/internal/connect", "FuzzPaint", clients},
	{"internal/awstest", "FuzzServe", clients},

	{"jwtauth", "FuzzKeySet", owners},
	{"jwtauth", "FuzzClaims", owners},
	{"lambda", "FuzzParseEndpoint", owners},
	{"internal/ledgerfile", "FuzzRead", owners},
	{"internal/route", "FuzzNew", owners},
	{"internal/awstest/iam", "FuzzPolicy", owners},
	{"internal/deploy/template", "FuzzMerge", owners},
	{"cmd/internal/connect/script", "FuzzScript", owners},
	{"cmd/internal/project", "FuzzParseConfig", owners},
	{"cmd/internal/project", "FuzzParseGatewayFile", owners},
	{"cmd/internal/project", "FuzzFixName", owners},
	{"cmd/internal/schedule", "FuzzParse", owners},
	{"cmd/internal/stagecmd", "FuzzParseSince", owners},
	{"cmd/internal/strict", "FuzzLines", owners},
	{"cmd/internal/template", "FuzzRead", owners},
	{"cmd/internal/template", "FuzzChalice", owners},
	{"cmd/internal/template", "FuzzParseOverrides", owners},
	{"cmd/tyg-aws/internal/application", "FuzzApplication", owners},
}
