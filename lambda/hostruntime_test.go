package lambda_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/lambda"
)

func TestParseEventHead(t *testing.T) {
	const (
		head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" +
			"Lambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 2\r\n" +
			"Lambda-Runtime-Invoked-Function-Arn: arn:aws:f\r\n" +
			"Lambda-Runtime-Trace-Id: Root=1;Sampled=0\r\nContent-Length: 2\r\n\r\n"
		body = "{}"
	)
	said, n, length := lambda.ParseEventHead([]byte(head + body))
	if want := [3]string{"1", "2", "Root=1;Sampled=0"}; said != want || n != len(head) || length != 2 {
		t.Errorf("%q with a head of %d and a body of %d, want %q, %d and 2", said, n, length, want,
			len(head))
	}
	for i := range head {
		if _, n, _ := lambda.ParseEventHead([]byte(head[:i])); n != 0 {
			t.Errorf("%q is a head of %d", head[:i], n)
		}
	}
	for old, other := range map[string]string{
		"200 OK":            "403 Forbidden",
		"Content-Length: 2": "Transfer-Encoding: chunked",
		"Length: 2":         "Length: -2",
		"Length: 2\r":       "Length: 99999999999\r",
		"Id: 1":             "Id: ",
		"Deadline-Ms":       "Deadline",
		"\r\nContent-Type:": "\r\nConnection: close\r\nContent-Type:",
	} {
		changed := strings.Replace(head, old, other, 1)
		if _, n, _ := lambda.ParseEventHead([]byte(changed + body)); changed == head || n != 0 {
			t.Errorf("with %q in place of %q it is a head of %d", other, old, n)
		}
	}
}
