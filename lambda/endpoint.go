package lambda

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/partition"
)

// service is the part of a host name that tells API Gateway's own names from custom domains:
// {api}.execute-api.{region}.{suffix}. Signatures name the same service.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html)
const service = "execute-api"

// parseEndpoint reads the base URL of an @connections API. It also accepts the URL of the WebSocket
// and the URL with "/@connections" that the AWS console shows.
func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("parse endpoint: %w", err)
	}
	switch u.Scheme {
	case "http", "https":
	case "ws", "wss":
		u.Scheme = "http" + strings.TrimPrefix(u.Scheme, "ws")
	default:
		return nil, fmt.Errorf("endpoint %q: want https://HOST/STAGE", endpoint)
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("endpoint %q: want https://HOST/STAGE and nothing else", u.Redacted())
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	path = strings.TrimSuffix(path, "/@connections")
	if regionOf(u.Hostname()) != "" && path == "" {
		return nil, fmt.Errorf("endpoint %q has no stage: want https://%s/STAGE", endpoint, u.Host)
	}
	return url.Parse(u.Scheme + "://" + u.Host + path + "/")
}

// regionOf returns the region in a host name of API Gateway's own, or "" for any other.
func regionOf(host string) string {
	parts := strings.Split(host, ".")
	if len(parts) < 5 || parts[1] != service {
		return ""
	}
	return parts[2]
}

// endpointOf returns the endpoint of the API from which an event came. For clients of a custom
// domain, whose path need not have the stage, it is the API's own host name, which works unless the
// API has disabled it.
func endpointOf(c *tyg.Conn, region string) (string, error) {
	if !isPlain(c.APIID) || !isPlain(c.Stage) {
		return "", errors.New("the event tells no API and stage to send to; set Config.Endpoint")
	}
	own := c.APIID + "." + service + "."
	if host := strings.ToLower(c.Domain); strings.HasPrefix(host, own) && isAWS(host) {
		return "https://" + host + "/" + c.Stage, nil
	}
	if !isPlain(region) {
		return "", fmt.Errorf("clients connect to %q, which tells no region; set Config.Endpoint "+
			"or Config.Region", c.Domain)
	}
	return "https://" + own + region + "." + partition.Suffix(region) + "/" + c.Stage, nil
}

// isPlain reports whether s needs no escapes in a URL.
func isPlain(s string) bool {
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			r == '-' || r == '_' || r == '$') {
			return false
		}
	}
	return s != ""
}

// isAWS reports whether a host name is one of API Gateway's own, with the suffix of its region or
// the dual-stack suffix.
func isAWS(host string) bool {
	region := regionOf(host)
	_, suffix, ok := strings.Cut(host, "."+service+"."+region+".")
	return ok && isPlain(region) &&
		(suffix == partition.Suffix(region) || suffix == partition.DualStackSuffix(region))
}
