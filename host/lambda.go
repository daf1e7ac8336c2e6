package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/lambda"
)

// LoadSecrets sets the environment variables whose values the configuration takes, at start, from
// Systems Manager and Secrets Manager, see [lambda.LoadSecrets]. [Run] calls it; main needs to call
// it only to read such a variable itself. Elsewhere than inside AWS Lambda it does nothing: there
// the variables are set already, or not at all.
func LoadSecrets(ctx context.Context) error { return lambda.LoadSecrets(ctx) }

func runInLambda(app *tyg.App) error {
	cfg, err := lambda.FromEnvironment(os.Getenv)
	if err == nil {
		err = lambda.LoadSecrets(context.Background())
	}
	if err == nil {
		err = openGroups(&cfg, os.Getenv)
	}
	if err != nil {
		lambda.FailInit(err)
		return err
	}
	slog.SetDefault(cfg.Logger) // so that the application's own records carry the request id, too
	err = lambda.Run(app, cfg)
	if err != nil {
		slog.Error("the function ends", "err", err) // package log, which main may use, logs at INFO
	}
	return err
}

// The variables that "tyg deploy" sets for a program with groups, presence, values or states.
const (
	tableVariable    = "TYG_GROUPS_TABLE" // the name of the table
	registerVariable = "TYG_EVERYONE"     // 1 if the program uses App.Everyone
)

// openGroups opens the table of groups that the environment names, if it names one. In front of a
// function of "tyg local" and "tyg gateway" there is a gateway with the groups.
func openGroups(cfg *lambda.Config, getenv func(string) string) error {
	name := getenv(tableVariable)
	if name == "" || cfg.GroupsEndpoint != "" {
		return nil
	}
	if cfg.Credentials == nil {
		return errors.New(tableVariable + " is set, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY " +
			"are not")
	}
	table, err := grouptable.Open(grouptable.Config{
		Name: name, Region: cfg.Region, Credentials: cfg.Credentials, Endpoint: databaseEndpoint(getenv),
	})
	if err != nil {
		return fmt.Errorf("%s is set: %w", tableVariable, err)
	}
	cfg.Groups, cfg.Everyone = table, getenv(registerVariable) == "1"
	return nil
}

// databaseEndpoint returns where DynamoDB is, as all AWS SDKs find it, or "" for its place in the
// region. (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html)
func databaseEndpoint(getenv func(string) string) string {
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return ""
	}
	if url := getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		return url
	}
	return getenv("AWS_ENDPOINT_URL")
}
