package lambda_test

import (
	"io"
	"log"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/lambda"
)

// patience bounds everything that must happen soon.
const patience = 20 * time.Second

// asFunction tells the test binary to be the function under test.
const asFunction = "LAMBDA_TEST_FUNCTION"

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// key is what the tests sign with.
var key = lambda.Key{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}

// TestMain is also the main function of the processes that stand for Lambda's.
func TestMain(m *testing.M) {
	if os.Getenv(asFunction) == "" {
		leaktest.Main(m)
	}
	cfg, err := lambda.FromEnvironment(os.Getenv)
	if err == nil {
		err = lambda.Run(program(), cfg)
	}
	log.Fatal(err)
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
