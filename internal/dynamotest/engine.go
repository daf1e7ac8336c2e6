package dynamotest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/tyg-dev/tyg/internal/dynamodb"
)

// EndpointVariable is the variable of the AWS tools for another engine, to run all tests on.
const EndpointVariable = "AWS_ENDPOINT_URL_DYNAMODB"

// Engine returns the endpoint of a DynamoDB without tables and the client that reaches it: the
// engine that the environment names, else a new server in this process.
func Engine(t testing.TB) (endpoint string, client *http.Client) {
	t.Helper()
	if endpoint = os.Getenv(EndpointVariable); endpoint == "" {
		return "http://dynamo.test", &http.Client{Transport: direct{new(dynamodb.Server)}}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return endpoint, &http.Client{Transport: transport}
}

// direct calls a server in this process. Over a network all tests take twice the time.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// Start serves a table with the keys of package rooms/dynamo, and returns the endpoint.
func Start(t testing.TB, table string) (endpoint string) {
	t.Helper()
	s := new(dynamodb.Server)
	err := s.CreateTable([]byte(`{"TableName":"` + table + `","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},
			{"AttributeName":"SK","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}
