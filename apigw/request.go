package apigw

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg"
)

// A headerSet selects the headers of a handshake: an authorizer gets the headers of the upgrade
// itself, a function does not.
// (https://github.com/awslabs/aws-lambda-rust-runtime/blob/main/lambda-events/src/fixtures/example-apigw-websocket-request-without-method.json,
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
type headerSet uint8

const (
	lambdaHeaders headerSet = iota
	authorizerHeaders
)

// disconnectHeaders are the headers of every disconnect event, all of them empty.
// (https://github.com/aws/aws-lambda-go/blob/main/events/testdata/apigw-websocket-request-disconnect.json)
const (
	disconnectHeaders      = `,"x-api-key":"","X-Forwarded-For":"","x-restapi":""}`
	disconnectMultiHeaders = `],"x-api-key":[""],"X-Forwarded-For":[""],"x-restapi":[""]},`
)

func appendDisconnectHeaders(dst []byte, host string) []byte {
	dst = append(dst, `"headers":{"Host":`...)
	dst = appendString(dst, host)
	dst = append(dst, disconnectHeaders...)
	dst = append(dst, `,"multiValueHeaders":{"Host":[`...)
	dst = appendString(dst, host)
	return append(dst, disconnectMultiHeaders...)
}

// appendRequest appends the handshake, including the comma behind it.
func appendRequest(dst []byte, e tyg.Event, set headerSet) []byte {
	header := wireHeader(e, set)
	names := slices.Sorted(maps.Keys(header))
	dst = append(dst, `"headers":`...)
	dst = appendLast(dst, names, header)
	dst = append(dst, `,"multiValueHeaders":`...)
	dst = append(appendAll(dst, names, header), ',')
	query := withValues(e.Request.Query)
	if len(query) == 0 && set == lambdaHeaders {
		return dst
	}
	names = slices.Sorted(maps.Keys(query))
	dst = append(dst, `"queryStringParameters":`...)
	dst = appendLast(dst, names, query)
	dst = append(dst, `,"multiValueQueryStringParameters":`...)
	return append(appendAll(dst, names, query), ',')
}

// wireHeader returns the headers of the handshake under the names by which API Gateway passes them
// on: those that the client sent, where they are known.
func wireHeader(e tyg.Event, set headerSet) map[string][]string {
	sent := sentNames(e.Request)
	header := make(map[string][]string, len(e.Request.Header)+1)
	for key, values := range e.Request.Header {
		if len(values) == 0 || !set.has(key) {
			continue
		}
		name, ok := sent[key]
		if !ok {
			name = wireName(key)
		}
		header[name] = values
	}
	if host := e.Request.Host; host != "" {
		header["Host"] = []string{host} // as in disconnect events, however the client spelt it
	}
	if set == authorizerHeaders {
		header["content-length"] = []string{"0"}
	}
	return header
}

// sentNames returns the names as the client spelt them, by their canonical form. Where it spelt one
// in several ways, the first counts; what API Gateway does then is not known.
func sentNames(r *tyg.Request) map[string]string {
	names := make(map[string]string, len(r.HeaderNames))
	for _, name := range r.HeaderNames {
		key := http.CanonicalHeaderKey(name)
		if _, ok := names[key]; !ok {
			names[key] = name
		}
	}
	return names
}

// has reports whether the set has the header of a canonical name. Host and an authorizer's
// content-length are added separately.
func (set headerSet) has(key string) bool {
	if set == authorizerHeaders {
		return key != "Host" && key != "Content-Length"
	}
	return key != "Host" && !isHopHeader(key)
}

// isHopHeader reports whether a header is about the upgrade, which ends at the gateway.
func isHopHeader(name string) bool { return name == "Connection" || name == "Upgrade" }

// wireName restores the spelling of RFC 6455 where net/http's canonical form differs.
func wireName(name string) string {
	switch name {
	case "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Protocol",
		"Sec-Websocket-Extensions":
		return "Sec-WebSocket-" + name[len("Sec-Websocket-"):]
	}
	return name
}

// withValues returns m without the names that have no value.
func withValues(m map[string][]string) map[string][]string {
	out := make(map[string][]string, len(m))
	for name, values := range m {
		if len(values) > 0 {
			out[name] = values
		}
	}
	return out
}

// appendLast appends an object with one value for each name. Where there are several, the last
// one wins, as in the events of REST APIs.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html)
func appendLast(dst []byte, names []string, values map[string][]string) []byte {
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		all := values[name]
		dst = appendString(dst, all[len(all)-1])
	}
	return append(dst, '}')
}

// appendAll appends an object with all values for each name.
func appendAll(dst []byte, names []string, values map[string][]string) []byte {
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':', '[')
		for j, value := range values[name] {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, value)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// request turns the handshake of an event back into a Request.
func (in *event) request() *tyg.Request {
	all := allValues(in.Headers, in.MultiValueHeaders)
	header := make(http.Header, len(all))
	host := in.RequestContext.DomainName
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) { // a JSON object has no order
		key := http.CanonicalHeaderKey(name)
		if key == "Host" { // as in net/http, it is a field of its own
			host = cmp.Or(all[name][0], host)
			continue
		}
		if header[key] == nil {
			names = append(names, name)
		}
		header[key] = append(header[key], all[name]...)
	}
	return &tyg.Request{
		Host:         host,
		Header:       header,
		HeaderNames:  names,
		Query:        url.Values(allValues(in.Query, in.MultiValueQuery)),
		SourceIP:     in.RequestContext.Identity.SourceIP,
		Subprotocols: subprotocols(header),
	}
}

// allValues returns the values of multi, without names that have none, or those of single if multi
// is absent.
func allValues(single map[string]string, multi map[string][]string) map[string][]string {
	if len(multi) > 0 {
		return withValues(multi)
	}
	out := make(map[string][]string, len(single))
	for name, value := range single {
		out[name] = []string{value}
	}
	return out
}

// subprotocols returns what the client offers (RFC 6455 section 11.3.4).
func subprotocols(header http.Header) []string {
	var names []string
	for _, line := range header.Values("Sec-Websocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}
