package host

import (
	"os"

	"github.com/tyg-dev/tyg"
)

// Run serves an application where it finds itself.
//
// Inside AWS Lambda it handles the events of an API Gateway WebSocket API, see package lambda, with
// the configuration in the environment, and makes the logger of that package the default one. It
// returns then only if the configuration is wrong or Lambda's Runtime API fails.
//
// Anywhere else it serves in this process as the command line and the environment say, until the
// process gets SIGINT, SIGTERM or SIGHUP. It then drains: no new connections, a close frame to
// one client after the other, or to up to 100 at once, time for handlers to finish. A second signal
// ends the process at once. A program that was built with the tag tyg.lambda cannot do that.
//
// With [DescribeVariable] in the environment it only prints the description of the application.
//
// Run returns nil after a clean end, also when the command line asked for help. The text of any
// other error can be printed as it is.
func Run(app *tyg.App) error {
	switch os.Getenv(DescribeVariable) {
	case "":
	case "pages":
		return printPages(app, os.Stdout)
	default:
		return describe(app, os.Stdout)
	}
	// Lambda sets this variable for every runtime.
	// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		return runInLambda(app)
	}
	return runHere(app)
}
