package apigw

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
)

// idLen is the length of a connection id: 11 bytes in base64url with padding. AWS does not document
// it; all published ids have it.
// (https://github.com/aws-samples/simple-websockets-chat-app/issues/24)
const idLen = 16

// connectionsSegment is the part of the path that distinguishes the @connections API from
// handshakes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html)
const connectionsSegment = "@connections"

// BinaryContentType is the Content-Type of a POST to @connections whose body is sent as a binary
// message. It is not API Gateway's, which delivers text only; AWS SDKs send
// application/octet-stream with every message, so that one means nothing.
const BinaryContentType = "application/vnd.tyg.binary"

// ValidID reports whether id has the form of the ids of every host: 16 characters,
// [A-Za-z0-9_-]{15}=. It does not say whether such a connection exists.
func ValidID(id tyg.ConnID) bool {
	if len(id) != idLen || id[idLen-1] != '=' {
		return false
	}
	for i := range idLen - 1 {
		if !isIDChar(id[i]) {
			return false
		}
	}
	return true
}

func isIDChar(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' ||
		b == '-' || b == '_'
}

// SplitConnectionsPath splits the path of a request to the @connections API, as
// [url.URL.EscapedPath] returns it: "/{stage}/@connections/{id}" or, for a custom domain,
// "/@connections/{id}", which gives an empty stage. "@" and "=" may be escaped or not.
//
// It reports false for any other path. The id is not empty, and not checked otherwise: see
// [ValidID].
func SplitConnectionsPath(escapedPath string) (stage string, id tyg.ConnID, ok bool) {
	parts := strings.Split(escapedPath, "/")
	switch {
	case len(parts) == 3 && parts[0] == "":
	case len(parts) == 4 && parts[0] == "" && parts[1] != "":
		stage, ok = unescape(parts[1])
		if !ok {
			return "", "", false
		}
	default:
		return "", "", false
	}
	api, ok := unescape(parts[len(parts)-2])
	if !ok || api != connectionsSegment {
		return "", "", false
	}
	name, ok := unescape(parts[len(parts)-1])
	if !ok || name == "" {
		return "", "", false
	}
	return stage, tyg.ConnID(name), true
}

func unescape(segment string) (string, bool) {
	s, err := url.PathUnescape(segment)
	return s, err == nil
}

// ConnectionsPath returns the escaped path of a connection in the @connections API, spelled as the
// AWS SDKs spell it: "/{stage}/%40connections/{id}", with "=" of the id as "%3D". An empty stage is
// left out, for custom domains.
func ConnectionsPath(stage string, id tyg.ConnID) string {
	path := "/%40connections/" + escape(string(id))
	if stage == "" {
		return path
	}
	return "/" + escape(stage) + path
}

// escape is url.PathEscape, but also escapes "@", "=" and others, as AWS requires.
func escape(segment string) string {
	return strings.ReplaceAll(url.QueryEscape(segment), "+", "%20")
}

// infoTime is the timestamp format of the @connections API: milliseconds, always UTC.
const infoTime = "2006-01-02T15:04:05.000Z"

// info is the body of GET @connections. AWS's model requires all members, empty or not.
// (https://github.com/boto/botocore, apigatewaymanagementapi/2018-11-29)
type info struct {
	ConnectedAt string `json:"connectedAt"`
	Identity    struct {
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent"`
	} `json:"identity"`
	LastActiveAt string `json:"lastActiveAt"`
}

// WriteInfo answers GET @connections.
func WriteInfo(w http.ResponseWriter, i tyg.Info) {
	body := append(make([]byte, 0, 256), `{"connectedAt":`...)
	body = appendString(body, i.ConnectedAt.UTC().Format(infoTime))
	body = append(body, `,"identity":{"sourceIp":`...)
	body = appendString(body, i.SourceIP)
	body = append(body, `,"userAgent":`...)
	body = appendString(body, i.UserAgent)
	body = append(body, `},"lastActiveAt":`...)
	body = appendString(body, i.LastActiveAt.UTC().Format(infoTime))
	body = append(body, '}')
	writeJSON(w, http.StatusOK, body)
}

// ReadInfo is the reverse of [WriteInfo], for clients.
func ReadInfo(body []byte) (tyg.Info, error) {
	var in info
	if err := json.Unmarshal(body, &in); err != nil {
		return tyg.Info{}, fmt.Errorf("decode connection info: %w", err)
	}
	connected, err := time.Parse(time.RFC3339, in.ConnectedAt)
	if err != nil {
		return tyg.Info{}, fmt.Errorf("decode connectedAt of connection info: %w", err)
	}
	active, err := time.Parse(time.RFC3339, in.LastActiveAt)
	if err != nil {
		return tyg.Info{}, fmt.Errorf("decode lastActiveAt of connection info: %w", err)
	}
	return tyg.Info{
		ConnectedAt:  connected,
		LastActiveAt: active,
		SourceIP:     in.Identity.SourceIP,
		UserAgent:    in.Identity.UserAgent,
	}, nil
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails if the client is gone
}
