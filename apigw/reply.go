package apigw

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
)

// protocolHeader is the only header of a reply that reaches the client.
// (https://github.com/aws/chalice/pull/1768)
const protocolHeader = "Sec-WebSocket-Protocol"

// MarshalReply returns the proxy reply that a Lambda function gives for r. Status zero is
// written as 200; a body that is binary or not valid UTF-8 is encoded in base64; an empty one is
// left out.
func MarshalReply(r tyg.Reply) []byte {
	status := r.Status
	if status == 0 {
		status = http.StatusOK
	}
	dst := append(make([]byte, 0, 96+len(r.Body)), `{"statusCode":`...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	if r.Subprotocol != "" {
		dst = append(dst, `,"headers":{"`+protocolHeader+`":`...)
		dst = append(appendString(dst, r.Subprotocol), '}')
	}
	return append(appendReplyBody(dst, r), '}')
}

func appendReplyBody(dst []byte, r tyg.Reply) []byte {
	if len(r.Body) == 0 {
		return dst
	}
	dst = append(dst, `,"body":`...)
	if r.Type != tyg.Binary && utf8.Valid(r.Body) {
		return appendString(dst, r.Body)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, r.Body)
	return append(dst, `","isBase64Encoded":true`...)
}

// plainReply is most replies to messages, and read without package json, which takes 1 µs.
const plainReply = `{"statusCode":200}`

// UnmarshalReply turns the proxy reply of a Lambda function into a Reply. Its Subprotocol comes
// from the header Sec-WebSocket-Protocol, in any case, of headers or multiValueHeaders;
// other headers are dropped, as API Gateway drops them.
//
// A reply that API Gateway calls malformed is an error, which a host answers with 502 to a
// handshake and with [InternalServerError] to a message: anything but an object, an unknown
// key, a body that is not a string, an invalid status. A reply without statusCode is
// malformed too, and so is null. AWS documents this for REST APIs only; to treat it as 200 here
// could accept, at $connect, a client that the function did not accept.
// (https://repost.aws/knowledge-center/malformed-502-api-gateway)
//
// The empty object is 200: public applications that were deployed return it from every handler, and
// a function that refuses a client has something to say.
// (https://github.com/SumindaD/WebRTC_AWS_Websocket, https://github.com/listentolearn/aws-websocket-api)
func UnmarshalReply(data []byte) (tyg.Reply, error) {
	if string(data) == plainReply {
		return tyg.Reply{Status: http.StatusOK}, nil
	}
	r, err := unmarshalReply(data)
	if err != nil {
		return tyg.Reply{}, fmt.Errorf("decode reply: %w", err)
	}
	return r, nil
}

func unmarshalReply(data []byte) (r tyg.Reply, err error) {
	// Keys are compared exactly, which decoding into a struct does not do.
	var in map[string]json.RawMessage
	if err := json.Unmarshal(data, &in); err != nil {
		return r, err
	}
	if in != nil && len(in) == 0 {
		return tyg.Reply{Status: http.StatusOK}, nil
	}
	if err := checkKeys(in); err != nil {
		return r, err
	}
	if r.Status, err = replyStatus(in["statusCode"]); err != nil {
		return r, err
	}
	if r.Body, r.Type, err = replyBody(in["body"], in["isBase64Encoded"]); err != nil {
		return r, err
	}
	r.Subprotocol, err = replySubprotocol(in["headers"], in["multiValueHeaders"])
	return r, err
}

// checkKeys refuses keys that a proxy reply does not have.
// (https://github.com/middyjs/middy/issues/1219)
func checkKeys(in map[string]json.RawMessage) error {
	for _, key := range slices.Sorted(maps.Keys(in)) {
		switch key {
		case "statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded":
		default:
			return fmt.Errorf("unknown key %q", key)
		}
	}
	return nil
}

// replyStatus reads a status: a number, or a string of digits, which API Gateway accepts
// (https://github.com/localstack/localstack/pull/11199). A number may be written with a fraction of
// zero, as Gson writes one of a map: 200.0. That API Gateway accepts those is likely, because a
// parser of JSON in Java does, and is not documented.
func replyStatus(raw json.RawMessage) (int, error) {
	if isNull(raw) {
		return 0, errors.New("statusCode is missing")
	}
	status, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		var n int
		n, err = strconv.Atoi(strings.Trim(string(raw), `"`))
		status = float64(n)
	}
	if err != nil || status < 100 || status > 599 || status != math.Trunc(status) {
		return 0, fmt.Errorf("statusCode is %.40s, not a number from 100 to 599", raw)
	}
	return int(status), nil
}

// replyBody returns the body and its type, which is binary if the body was encoded in base64.
func replyBody(raw, encoded json.RawMessage) ([]byte, tyg.MessageType, error) {
	var text string
	var isBase64 bool
	if !isNull(encoded) {
		if err := json.Unmarshal(encoded, &isBase64); err != nil {
			return nil, tyg.Text, errors.New("isBase64Encoded is not a boolean")
		}
	}
	if isNull(raw) {
		return nil, tyg.Text, nil
	}
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, tyg.Text, errors.New("body is not a string; encode it as JSON")
	}
	if !isBase64 {
		return []byte(text), tyg.Text, nil
	}
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, tyg.Text, fmt.Errorf("decode base64 body: %w", err)
	}
	return body, tyg.Binary, nil
}

func replySubprotocol(single, many json.RawMessage) (string, error) {
	var lists map[string][]json.RawMessage
	if err := unmarshalOptional(many, &lists); err != nil {
		return "", errors.New("multiValueHeaders is not an object of arrays")
	}
	var headers map[string]json.RawMessage
	if err := unmarshalOptional(single, &headers); err != nil {
		return "", errors.New("headers is not an object")
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		if strings.EqualFold(name, protocolHeader) && len(lists[name]) > 0 {
			return headerText(lists[name][0])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if strings.EqualFold(name, protocolHeader) {
			return headerText(headers[name])
		}
	}
	return "", nil
}

func headerText(raw json.RawMessage) (string, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", errors.New(protocolHeader + " is not a string")
	}
	return text, nil
}

// unmarshalOptional decodes raw into v unless it is absent or null.
func unmarshalOptional(raw json.RawMessage, v any) error {
	if isNull(raw) {
		return nil
	}
	return json.Unmarshal(raw, v)
}

func isNull(raw json.RawMessage) bool { return raw == nil || string(raw) == "null" }
