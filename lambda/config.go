package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/apigw"
)

// Config says how a Handler runs inside Lambda. With the zero Config it cannot send; that needs
// Credentials.
type Config struct {
	// SenderConfig says how handlers reach connections. An empty Endpoint means the API from which
	// an event came, in Region if clients use a custom domain; the application's own Sender then
	// works from the first event on.
	SenderConfig

	// GroupsEndpoint is where a gateway of tyg holds groups and values for its functions: the same
	// URL as Endpoint. Empty means that it is not such a gateway that invokes the function.
	GroupsEndpoint string

	// Timeout is how long a handler may take: 29 seconds by default, after which API Gateway has
	// told the client that it timed out
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
	// Less than zero means as long as a function may run. What the function itself may take, less a
	// little, bounds it in any case.
	Timeout time.Duration

	// Self invokes this very function asynchronously with a payload. Applications with OnOpen need
	// it, see the package documentation; large groups are sent to faster with it.
	Self func(ctx context.Context, payload []byte) error

	// Groups keeps groups, values and states in a table. Without it they are refused. With it, the
	// function must get the disconnect event. Self, if set, shares the work for large groups.
	Groups GroupTable

	// Trigger is the name of the trigger whose function this is: all its events are of that source.
	// Empty means that the function is called for connections. See tyg.App.OnTrigger.
	Trigger string

	// Everyone registers each connection in Groups, for App.Everyone: two writes more for each.
	Everyone bool

	// Logger gets the errors that no call returns, and every failure of a handler. Nil means
	// slog.Default().
	Logger *slog.Logger
}

const (
	defaultTimeout = apigw.IntegrationTimeout
	maxTimeout     = 15 * time.Minute // of any Lambda function
)

// groupsVariable is set for the functions of "tyg local" and "tyg gateway".
const groupsVariable = "TYG_GROUPS_ENDPOINT"

// triggerVariable is set for the function of a trigger.
const triggerVariable = "TYG_TRIGGER"

// FromEnvironment reads what Lambda and "tyg deploy" put into the environment, through a function
// like os.Getenv:
//
//	AWS_REGION, AWS_DEFAULT_REGION             Region
//	AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,  Credentials
//	AWS_SESSION_TOKEN                          or of TYG_FUNCTION_KEY, ID:SECRET, which
//	                                           "tyg local" sets
//	AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI,  Endpoint, the first that is set; with
//	TYG_ENDPOINT, AWS_ENDPOINT_URL             AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true the second
//	TYG_GROUPS_ENDPOINT                        GroupsEndpoint
//	TYG_DIRECT_ENDPOINT                        a shorter way to Endpoint and GroupsEndpoint, which
//	                                           a gateway of tyg on the same machine offers
//	TYG_TRIGGER                                Trigger
//	AWS_LAMBDA_FUNCTION_NAME and               Self, at TYG_INVOKE_ENDPOINT, else at
//	AWS_LAMBDA_FUNCTION_VERSION                AWS_ENDPOINT_URL_LAMBDA or AWS_ENDPOINT_URL
//	AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL   Logger, to standard error
//
// A key that lacks one of its halves is an error, and so is an endpoint that is no URL of one.
func FromEnvironment(getenv func(string) string) (Config, error) {
	format, level := getenv("AWS_LAMBDA_LOG_FORMAT"), getenv("AWS_LAMBDA_LOG_LEVEL")
	cfg := Config{
		Logger: newLogger(os.Stderr, format, level), Trigger: getenv(triggerVariable),
	}
	cfg.Region = firstSet(getenv, "AWS_REGION", "AWS_DEFAULT_REGION")
	key := Key{
		AccessKeyID:     getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
	}
	if (key.AccessKeyID == "") != (key.SecretAccessKey == "") {
		return Config{}, errors.New(
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together; one of them is not set")
	}
	if id, secret, ok := strings.Cut(getenv("TYG_FUNCTION_KEY"), ":"); ok && key == (Key{}) {
		key = Key{AccessKeyID: id, SecretAccessKey: secret}
	}
	if key.AccessKeyID != "" {
		cfg.Credentials = key
	}
	names := []string{"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "TYG_ENDPOINT", "AWS_ENDPOINT_URL"}
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		names = names[1:2]
	}
	cfg.Endpoint = firstSet(getenv, names...)
	if cfg.Endpoint != "" {
		if _, err := parseEndpoint(cfg.Endpoint); err != nil {
			return Config{}, fmt.Errorf("read environment: %w", err)
		}
	}
	if cfg.GroupsEndpoint = getenv(groupsVariable); cfg.GroupsEndpoint != "" {
		if _, err := parseEndpoint(cfg.GroupsEndpoint); err != nil {
			return Config{}, fmt.Errorf("read environment: %s: %w", groupsVariable, err)
		}
	}
	var err error
	if value := getenv(directVariable); value != "" && cfg.Endpoint != "" {
		if cfg.direct, err = newDirect(value, cfg.Endpoint); err != nil {
			return Config{}, fmt.Errorf("read environment: %s: %w", directVariable, err)
		}
	}
	cfg.Self, err = selfFromEnvironment(cfg, getenv)
	return cfg, err
}

// selfFromEnvironment returns what invokes the function in which this program runs, nil where that
// is not known.
func selfFromEnvironment(
	cfg Config, getenv func(string) string,
) (func(context.Context, []byte) error, error) {
	name := getenv("AWS_LAMBDA_FUNCTION_NAME")
	if name == "" || cfg.Region == "" || cfg.Credentials == nil {
		return nil, nil
	}
	names := []string{"TYG_INVOKE_ENDPOINT", "AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"}
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		names = names[:1]
	}
	// A published version invokes itself: the live one may be another by then.
	if version := getenv("AWS_LAMBDA_FUNCTION_VERSION"); version != "" && version != "$LATEST" {
		name += ":" + version
	}
	fn, err := NewFunction(FunctionConfig{
		Name: name, Region: cfg.Region, Endpoint: firstSet(getenv, names...),
		Credentials: cfg.Credentials,
	})
	if err != nil {
		return nil, fmt.Errorf("read environment: %w", err)
	}
	return fn.Enqueue, nil
}

// firstSet returns the value of the first variable that has one.
func firstSet(getenv func(string) string, names ...string) string {
	for _, name := range names {
		if value := getenv(name); value != "" {
			return value
		}
	}
	return ""
}
