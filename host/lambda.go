package host

import (
	"log/slog"
	"os"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

func runInLambda(app *tyg.App) error {
	cfg, err := lambda.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	slog.SetDefault(cfg.Logger) // so that the application's own records carry the request id, too
	err = lambda.Run(app, cfg)
	if err != nil {
		slog.Error("the function ends", "err", err) // package log, which main may use, logs at INFO
	}
	return err
}
