package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// maxMessage is how long a message may be, in bytes.
const maxMessage = apigw.MaxMessage

// maxInfo bounds the answers of @connections, in bytes. They are a few hundred.
const maxInfo = 64 << 10

// maxWait is how long a Sender waits for an answer of @connections: a little longer than API
// Gateway takes for anything.
const maxWait = 30 * time.Second

// ErrMaybeSent means that a message was on its way when the call failed: it may have been
// delivered, or not. The error that wraps it says what happened. Sending it again may show it
// twice.
var ErrMaybeSent = errors.New("the message may have been delivered or not")

// SenderConfig says how to reach the connections of a WebSocket API.
type SenderConfig struct {
	// Endpoint is where the API is: https://HOST/STAGE, or on a custom domain https://HOST/MAPPING,
	// without the stage. It is the URL of the WebSocket with another scheme; wss is taken for https.
	Endpoint string

	// Region is the AWS region that signatures name. It is needed only where the endpoint's host name
	// is not one of API Gateway's own; those contain their region, which wins.
	Region string

	// Credentials sign the requests: a Key, or a provider of the AWS SDK in a CredentialsFunc. They
	// need the permission execute-api:ManageConnections on the API.
	Credentials CredentialsProvider

	// HTTPClient makes the requests. Nil means one of the Sender's own, which keeps as many
	// connections as Parallel, goes through the proxy that net/http finds in the environment, and
	// waits half a minute for an answer. Redirects are never followed.
	HTTPClient *http.Client

	// Parallel is how many requests the calls of SendMany together make at once, at most: 256 by
	// default. They begin with 32, and make more while that makes them faster, and fewer when API
	// Gateway says that there are too many.
	Parallel int

	// RetryFor is how long a call that fails is tried again, 10 seconds by default, and never longer
	// than its context lasts. Less than zero means that it is not tried again.
	RetryFor time.Duration

	direct *direct // in place of one endpoint, without an HTTPClient; nil: none
}

// A Sender is a tyg.Sender over the @connections API of API Gateway, or of a gateway that behaves
// like it. It works from any program that knows connection ids, and from many goroutines at once.
//
// Where API Gateway says "too many requests" (429), which may be about this client or about all
// calls of the account, Send pauses and tries again, and returns tyg.ErrThrottled when its time is
// up; SendMany meanwhile continues with the others. Calls that are not allowed return an
// *apigw.Denied that says why.
//
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html)
type Sender struct {
	base     *url.URL // ends with a slash
	client   client
	window   *window
	retryFor time.Duration
}

var _ tyg.Sender = (*Sender)(nil)

// NewSender returns a Sender. It makes no request, so wrong credentials fail the first call.
func NewSender(cfg SenderConfig) (*Sender, error) {
	base, err := parseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	if region := regionOf(base.Hostname()); region != "" {
		cfg.Region = region
	}
	switch {
	case cfg.Region == "":
		return nil, fmt.Errorf("endpoint %q does not tell its AWS region; set Region", cfg.Endpoint)
	case cfg.Credentials == nil:
		return nil, errors.New("there are no AWS credentials; set Credentials")
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = defaultParallel
	}
	way := cfg.direct
	if way == nil || way.instead != cfg.Endpoint || cfg.HTTPClient != nil {
		way = nil
	} else {
		base = way.base
	}
	return &Sender{
		base: base,
		client: client{
			direct:      way,
			http:        newHTTPClient(cfg.HTTPClient, cfg.Parallel, maxWait),
			credentials: cfg.Credentials,
			service:     service, region: cfg.Region,
		},
		window:   newWindow(cfg.Parallel),
		retryFor: cfg.RetryFor,
	}, nil
}

// Send sends one message to one connection. An error that is [ErrMaybeSent] leaves open whether it
// arrived.
func (s *Sender) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	c := newPost(data)
	if err := check(data, opts); err != nil {
		return c.wrap(id, err)
	}
	_, err := s.run(ctx, c, id)
	return err
}

// Close ends a connection. Clients see close code 1000; API Gateway takes no other.
func (s *Sender) Close(ctx context.Context, id tyg.ConnID) error {
	_, err := s.run(ctx, call{op: opClose, method: http.MethodDelete}, id)
	return err
}

// Info describes a live connection. Times are in whole milliseconds.
func (s *Sender) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	c := call{op: opInfo, method: http.MethodGet}
	body, err := s.run(ctx, c, id)
	if err != nil {
		return tyg.Info{}, err
	}
	info, err := apigw.ReadInfo(body)
	if err != nil {
		return tyg.Info{}, c.wrap(id, err)
	}
	return info, nil
}

// check refuses what API Gateway would not deliver as it is.
func check(data []byte, opts []tyg.SendOption) error {
	switch {
	case len(data) > maxMessage:
		return tyg.ErrTooLarge
	case tyg.NewSendOptions(opts...).Type == tyg.Binary:
		return fmt.Errorf(
			"API Gateway delivers text only, so encode the bytes, in base64 for example: %w",
			tyg.ErrBinary,
		)
	case !utf8.Valid(data):
		return tyg.ErrNotText
	}
	return nil
}

// run makes attempts until one is final.
func (s *Sender) run(ctx context.Context, c call, id tyg.ConnID) ([]byte, error) {
	retry := newBackoff(ctx, s.retryFor)
	maybeClosed := false
	for n := 1; ; n++ {
		out := s.attempt(ctx, c, id)
		if maybeClosed && errors.Is(out.err, tyg.ErrGone) {
			return nil, nil // the attempt before closed it, whose answer was lost
		}
		if n >= out.tries || !retry.wait(ctx) {
			return out.body, out.err
		}
		maybeClosed = maybeClosed || c.method == http.MethodDelete && out.uncertain
	}
}
