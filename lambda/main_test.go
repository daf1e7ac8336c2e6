package lambda_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"testing"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/lambda"
)

// patience bounds everything that must happen soon.
const patience = 20 * time.Second

// asFunction tells the test binary to be the function under test, with Run or with a runtime of
// others.
const (
	asFunction   = "LAMBDA_TEST_FUNCTION"
	withRun      = "Run"
	withAWSs     = "aws-lambda-go"
	cannotHandle = "bad authorizer"
)

// A Host is a handler for aws-lambda-go.
var _ runtime.Handler = (*lambda.Host)(nil)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// key is what the tests sign with.
var key = lambda.Key{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}

// TestMain is also the main function of the processes that stand for Lambda's.
func TestMain(m *testing.M) {
	if os.Getenv(asFunction) == "" {
		paralleltest.AtOnce(8)
		leaktest.Main(m)
	}
	log.Fatal(beFunction(os.Getenv(asFunction)))
}

func beFunction(how string) error {
	cfg, err := lambda.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	app := program()
	switch how {
	case withAWSs:
		host, err := lambda.NewHost(app, cfg)
		if err == nil {
			runtime.StartWithOptions(host)
		}
		return err
	case cannotHandle:
		app = tyg.New("bad")
		app.OnAuthorize(func(context.Context, *tyg.Request) (tyg.Identity, error) {
			return tyg.Identity{}, nil
		}, "nonsense")
	}
	return lambda.Run(app, cfg)
}

// newHost is a Host for tests. What it logs goes to w, or nowhere.
func newHost(t testing.TB, h tyg.Handler, cfg lambda.Config) *lambda.Host {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	host, err := lambda.NewHost(h, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return host
}
